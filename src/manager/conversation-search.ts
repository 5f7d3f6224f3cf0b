/**
 * Which conversations a search finds: those whose title has all its words, or one of whose events has. Searching is
 * bounded in time: a page may have fewer than were asked for, or none, and names where to go on.
 */
import type { Clock } from '../clock.ts';
import { searchTokens } from '../events/search-tokens.ts';
import type { ConversationRecord, EventStore, ListPage, ListQuery } from '../store/event-store.ts';
import { cursorOf } from '../store/query-rules.ts';

export interface ConversationQuery extends ListQuery {
  /** Every word of it must begin a word of the title, or of one event. */
  readonly text: string;
}

/** After so long a page is given with what was found. */
const SLICE_MS = 250;
const PAGE = 100;
/** Logs that are searched at once. */
const AT_ONCE = 10;

export async function searchConversations(
  { clock, store }: { readonly clock: Clock; readonly store: EventStore },
  { text, ...query }: ConversationQuery,
): Promise<ListPage> {
  const words = searchTokens(text);
  if (words.length === 0) return store.list(query);
  const deadline = clock.now() + SLICE_MS;
  const found: ConversationRecord[] = [];
  let cursor = query.cursor;
  for (;;) {
    const page = await store.list({ ...query, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (let from = 0; from < page.conversations.length; from += AT_ONCE) {
      const part = page.conversations.slice(from, from + AT_ONCE);
      const fits = await Promise.all(part.map((record) => matches(store, record, words, text)));
      for (const [index, record] of part.entries()) {
        if (fits[index] === true) found.push(record);
        if (found.length === query.limit) return { conversations: found, next: cursorOf(record) };
      }
      const last = part.at(-1);
      if (last !== undefined && clock.now() >= deadline) {
        return { conversations: found, next: cursorOf(last) };
      }
    }
    if (page.next === null) return { conversations: found, next: null };
    cursor = page.next;
  }
}

async function matches(
  store: EventStore,
  { sid, title }: ConversationRecord,
  words: readonly string[],
  text: string,
): Promise<boolean> {
  const inTitle = searchTokens(title);
  if (words.every((word) => inTitle.some((token) => token.startsWith(word)))) return true;
  return (await store.events({ sid, text, limit: 1, reverse: true })).events.length > 0;
}
