/** Where `list` and `export` read conversations: a running server, or a data folder that no server holds. */
import type { StoredEvent } from '../../events/event.ts';

export interface ListedConversation {
  readonly conversation_id: string;
  /** Empty where it has none. */
  readonly title: string;
  /** `RUNNING`: its agent loop runs. In a data folder: it will, as soon as a server does. */
  readonly status: 'RUNNING' | 'STOPPED';
  /** ISO 8601. */
  readonly created_at: string;
  readonly last_updated_at: string;
  readonly selected_repository: string | null;
  readonly selected_branch: string | null;
  /** Empty where the server has no users, or does not say. */
  readonly user_id: string;
}

export interface SourcePage {
  /** Newest first. */
  readonly conversations: readonly ListedConversation[];
  /** What the next page is asked for by; null where there is none. */
  readonly next: string | null;
}

export interface ConversationSource extends AsyncDisposable {
  /** `limit`: 1 to 100. */
  page(limit: number, pageId?: string): Promise<SourcePage>;
  /** Throws `conversation_not_found`. */
  conversation(sid: string): Promise<ListedConversation>;
  /** Every event of its log, in order, a page of them in memory. Throws `conversation_not_found`. */
  events(sid: string): AsyncIterable<StoredEvent>;
}

/** All conversations, page by page. */
export async function* allConversations(source: ConversationSource): AsyncGenerator<ListedConversation> {
  let pageId: string | undefined;
  do {
    const { conversations, next } = await source.page(100, pageId);
    yield* conversations;
    pageId = next ?? undefined;
  } while (pageId !== undefined);
}
