/** A running server, asked by `convene/client`. */
import { ConveneClient, type ConversationInfo } from '../../client/index.ts';
import { ConveneError } from '../../errors.ts';
import type { StoredEvent } from '../../events/event.ts';
import type { ConversationSource, ListedConversation, SourcePage } from './conversation-source.ts';
import { reach } from './reach.ts';

const PAGE = 100;

export class ServerSource implements ConversationSource {
  readonly #client: ConveneClient;

  private constructor(client: ConveneClient) {
    this.#client = client;
  }

  /** `url`: such as `http://127.0.0.1:3000`. Throws `not_connected`. */
  static async open(url: string): Promise<ServerSource> {
    await reach(url);
    return new ServerSource(new ConveneClient({ url }));
  }

  async page(limit: number, pageId?: string): Promise<SourcePage> {
    const page = await this.#client.list({ limit, ...(pageId === undefined ? {} : { cursor: pageId }) });
    return { conversations: page.conversations.map(listed), next: page.next };
  }

  async conversation(sid: string): Promise<ListedConversation> {
    const info = await this.#client.get(sid);
    if (info === null) throw new ConveneError('conversation_not_found', `There is no conversation ${sid}.`);
    return listed(info);
  }

  async *events(sid: string): AsyncGenerator<StoredEvent> {
    for (let from = 0; ; ) {
      const { events, hasMore } = await this.#client.events(sid, { from, limit: PAGE });
      yield* events;
      from = (events.at(-1)?.id ?? from) + 1;
      if (!hasMore) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function listed(info: ConversationInfo): ListedConversation {
  return {
    conversation_id: info.id,
    title: info.title,
    status: info.status,
    created_at: info.createdAt,
    last_updated_at: info.updatedAt,
    selected_repository: info.repository,
    selected_branch: null,
    user_id: '',
  };
}
