/**
 * The pages of the list as they were loaded, kept up to date without loading all of them again: what is polled is a
 * page that a person sees, and the first one, which grows by what is new.
 */
import type { ConversationInfo, ConversationPage } from 'convene/client';

export interface LoadedPages {
  readonly pages: readonly ConversationPage[];
  /** The cursor by which each page was asked for; null: the first. */
  readonly pageParams: readonly (string | null)[];
}

/** `fresh` is what the server answers now to the cursor of page `index`. */
export function withFreshPage(loaded: LoadedPages, index: number, fresh: ConversationPage): LoadedPages {
  const old = loaded.pages[index];
  if (old === undefined) return loaded;
  const page = index === 0 ? freshFirst(old, fresh) : fresh;
  if (page === null) return { pages: [fresh], pageParams: [null] };
  if (isSame(old, page)) return loaded;
  return { ...loaded, pages: loaded.pages.with(index, page) };
}

/** Each changed as `change` says; null takes one out. */
export function withChanged(
  loaded: LoadedPages,
  change: (info: ConversationInfo) => ConversationInfo | null,
): LoadedPages {
  return {
    ...loaded,
    pages: loaded.pages.map((page) => ({
      ...page,
      conversations: page.conversations.map(change).filter((info) => info !== null),
    })),
  };
}

/**
 * The first page: what is new comes before it, and what fell out of the server's page at its end stays, because the
 * second page was asked for by its last one. Null where so much is new that there is a gap between them.
 */
function freshFirst(old: ConversationPage, fresh: ConversationPage): ConversationPage | null {
  const last = fresh.conversations.at(-1);
  if (fresh.next === null || last === undefined) return fresh;
  const at = old.conversations.findIndex(({ id }) => id === last.id);
  if (at === -1) {
    const known = new Set(old.conversations.map(({ id }) => id));
    return fresh.conversations.some(({ id }) => known.has(id)) ? { ...fresh } : null;
  }
  const rest = old.conversations.slice(at + 1);
  return {
    conversations: [...fresh.conversations, ...rest],
    next: rest.length === 0 ? fresh.next : old.next,
  };
}

function isSame(left: ConversationPage, right: ConversationPage): boolean {
  return (
    left.next === right.next && JSON.stringify(left.conversations) === JSON.stringify(right.conversations)
  );
}

/** The pages that hold these conversations. */
export function pagesOf(pages: readonly ConversationPage[], ids: ReadonlySet<string>): readonly number[] {
  return [...pages.keys()].filter((index) => pages[index]?.conversations.some(({ id }) => ids.has(id)));
}
