/** A data folder that no server holds. It is locked while it is read, so that none begins to write. */
import { stat } from 'node:fs/promises';
import { ConveneError } from '../../errors.ts';
import type { StoredEvent } from '../../events/event.ts';
import { ReleaseStack } from '../../release-stack.ts';
import { dataFolder } from '../../store/data-folder.ts';
import { lockDataDir } from '../../store/data-lock.ts';
import type { ConversationRecord, EventStore } from '../../store/event-store.ts';
import { SqliteEventStore } from '../../store/sqlite/sqlite-event-store.ts';
import type { ConversationSource, ListedConversation, SourcePage } from './conversation-source.ts';

const PAGE = 500;

/** Throws `already_running`, `file_not_found` where it is no data folder, `store_incompatible`, `store_unavailable`. */
export async function openFolder(dir: string): Promise<ConversationSource> {
  const { log } = dataFolder(dir);
  if (!(await exists(log))) {
    const message = `There are no conversations in ${dir}. Name the data folder with --data-dir, or a server with --url.`;
    throw new ConveneError('file_not_found', message, { details: { dir } });
  }
  await using opened = new ReleaseStack();
  opened.use(await lockDataDir(dir));
  const store = opened.use(new SqliteEventStore({ file: log }));
  await store.open();
  return new StoreSource(store, opened.move());
}

export class StoreSource implements ConversationSource {
  readonly #store: EventStore;
  readonly #owned: AsyncDisposable;

  /** `owned` is disposed of with it. */
  constructor(store: EventStore, owned: AsyncDisposable) {
    this.#store = store;
    this.#owned = owned;
  }

  async page(limit: number, pageId?: string): Promise<SourcePage> {
    const { conversations, next } = await this.#store.list({
      limit,
      ...(pageId === undefined ? {} : { cursor: pageId }),
    });
    return { conversations: conversations.map(listed), next };
  }

  async conversation(sid: string): Promise<ListedConversation> {
    const record = await this.#store.conversation(sid);
    if (record === null) throw new ConveneError('conversation_not_found', `There is no conversation ${sid}.`);
    return listed(record);
  }

  async *events(sid: string): AsyncGenerator<StoredEvent> {
    await this.conversation(sid);
    for (let after = -1; ; ) {
      const { events, hasMore } = await this.#store.events({ sid, after, limit: PAGE });
      yield* events;
      after = events.at(-1)?.id ?? after;
      if (!hasMore) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]();
  }
}

function listed(record: ConversationRecord): ListedConversation {
  return {
    conversation_id: record.sid,
    title: record.title,
    status: record.desired === 'stopped' ? 'STOPPED' : 'RUNNING',
    created_at: new Date(record.createdAt).toISOString(),
    last_updated_at: new Date(record.updatedAt).toISOString(),
    selected_repository: record.selectedRepository,
    selected_branch: record.selectedBranch,
    user_id: record.userId,
  };
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false; // whoever asked says what that means
  }
}
