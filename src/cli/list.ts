/** `convene list`: conversations, newest first, as a table for people or as JSON. */
import { ago } from './ago.ts';
import type { ConversationSource, ListedConversation } from './source/conversation-source.ts';
import { renderTable } from './table.ts';

export interface ListOptions {
  /** How many are shown. */
  readonly limit: number;
  /** `next_page_id` of the page before. */
  readonly page?: string | undefined;
  readonly state?: 'running' | 'stopped' | undefined;
}

export interface Listing {
  readonly conversations: readonly ListedConversation[];
  /** Null where there are no more. With a filter, the next page may turn out to be empty. */
  readonly next_page_id: string | null;
}

/** A page of those that fit; pages without any are passed over. */
export async function listConversations(source: ConversationSource, options: ListOptions): Promise<Listing> {
  const { limit, state } = options;
  const conversations: ListedConversation[] = [];
  let pageId = options.page;
  for (;;) {
    // Never more than there is room for: so the id of the next page begins where this one ends.
    const page = await source.page(Math.min(limit - conversations.length, 100), pageId);
    conversations.push(...page.conversations.filter((one) => fits(one, state)));
    if (page.next === null || conversations.length >= limit)
      return { conversations, next_page_id: page.next };
    pageId = page.next;
  }
}

function fits({ status }: ListedConversation, state: ListOptions['state']): boolean {
  return state === undefined || status.toLowerCase() === state;
}

/** `now`: in ms since the epoch, for ages such as `5 min ago`. `width`: of the terminal. */
export function renderListing({ conversations, next_page_id }: Listing, now: number, width: number): string {
  if (conversations.length === 0) return 'No conversations.\n';
  const rows = conversations.map((one) => [
    one.conversation_id,
    one.status.toLowerCase(),
    ago(Date.parse(one.last_updated_at), now),
    one.selected_repository ?? '',
    one.title,
  ]);
  const table = renderTable(['ID', 'STATE', 'UPDATED', 'REPOSITORY', 'TITLE'], rows, width);
  return next_page_id === null ? table : `${table}More: --page ${next_page_id}\n`;
}
