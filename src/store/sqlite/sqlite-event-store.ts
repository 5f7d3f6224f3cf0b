/**
 * `EventStore` on SQLite, for one server: an append is on the disk when it is answered. Three threads do the work
 * (`worker.ts`); this end checks and encodes what goes in, decodes what comes out, and never waits for a file.
 *
 *   closed ──open()──▶ open ──dispose──▶ closed
 *
 * Calls that change something take effect in the order in which they are made. A call that is made after another one
 * was answered sees its effect.
 */
import { extname } from 'node:path';
import { ConveneError } from '../../errors.ts';
import type { StoredEvent } from '../../events/event.ts';
import { ReleaseStack } from '../../release-stack.ts';
import { encodeAppend, sizeOf } from '../append-rules.ts';
import { decodeEvent, placeEvent } from '../event-row.ts';
import type {
  AppendRequest,
  AppendResult,
  ClaimResult,
  ConversationRecord,
  EventPage,
  EventQuery,
  EventStore,
  ListPage,
  ListQuery,
  OwnedQuery,
  Snapshot,
} from '../event-store.ts';
import { jsonCopy } from '../json-copy.ts';
import { newestQuery, type PlainQuery, pageSize, plainListQuery, plainQuery } from '../query-rules.ts';
import type { ReaderCalls, WorkerData, WriterCalls } from './calls.ts';
import { filesOf } from './database.ts';
import { packAppend } from './packed-append.ts';
import { type ChannelBounds, WorkerChannel } from './worker-channel.ts';

export interface SqliteEventStoreOptions {
  /** The file of the log, in a folder that exists; its index and SQLite's own files lie beside it. */
  readonly file: string;
  /** What may be under way to each thread. @default 20,000 calls and 256 MB */
  readonly bounds?: ChannelBounds;
  /** Told of failures that nobody waits for, such as a full disk under the search index. @default a process warning */
  readonly onWarning?: (error: ConveneError) => void;
}

interface Threads {
  readonly writer: WorkerChannel<WriterCalls>;
  readonly reader: WorkerChannel<ReaderCalls>;
  readonly indexer: WorkerChannel<never>;
  /** Ends them. */
  readonly stack: ReleaseStack;
}

/** Beside this file, and of its kind: TypeScript in development, JavaScript when built. */
const entry = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

const defaultBounds: ChannelBounds = { calls: 20_000, bytes: 256_000_000 };

/** What is known of a call when its thread died: a write may have reached the disk. */
const lostBy = {
  writer: 'outcome_unknown',
  reader: 'store_unavailable',
  indexer: 'store_unavailable',
} as const;

export class SqliteEventStore implements EventStore {
  readonly #options: SqliteEventStoreOptions;
  #threads: Threads | null = null;
  /** Pages that are being read. */
  readonly #pages = new Set<Promise<EventPage>>();
  /** Whether the indexer is at work, and whether the log has grown since it was told last. */
  #isIndexing = false;
  #hasGrown = true;

  constructor(options: SqliteEventStoreOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    if (this.#threads !== null) return;
    await using started = new ReleaseStack();
    const files = filesOf(this.#options.file);
    const start = <Calls>(role: WorkerData['role'], onIdle?: () => void): WorkerChannel<Calls> => {
      const { bounds = defaultBounds, onWarning = warn } = this.#options;
      const channel = new WorkerChannel<Calls>(
        entry,
        { role, files },
        { bounds, onWarning, onIdle, lost: lostBy[role] },
      );
      started.defer(() => channel.close());
      return channel;
    };
    // The writer ends last, when nobody reads what it moves into place, and opens first: it migrates what others read.
    const writer = start<WriterCalls>('writer');
    const indexer = start<never>('indexer', () => this.#indexIsIdle());
    const reader = start<ReaderCalls>('reader');
    for (const channel of [writer, indexer, reader]) await channel.open();
    this.#threads = { writer, reader, indexer, stack: started.move() };
    this.#indexIsIdle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const threads = this.#threads;
    this.#threads = null;
    await Promise.allSettled(this.#pages);
    await threads?.stack[Symbol.asyncDispose]();
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    const { writer } = this.#open();
    const encoded = encodeAppend(request);
    const answering = writer.call('append', packAppend(encoded), sizeOf(encoded));
    // The caller may change its objects before the answer comes. The thread is at work meanwhile.
    const copies = jsonCopy(request.events);
    const answer = await answering;
    if ('outcome' in answer) return answer;
    const [first, head, created, userId, desired, owner, rows] = answer;
    if (rows === null) this.#logHasGrown();
    const events =
      rows?.map(decodeEvent) ?? copies.map((event, n) => placeEvent(event, first + n, encoded.at));
    return { outcome: 'appended', events, head, repeated: rows !== null, created, userId, desired, owner };
  }

  async claim(sid: string, incarnation: string, dead: readonly string[] = []): Promise<ClaimResult> {
    return this.#open().writer.call('claim', { sid, incarnation, dead });
  }

  async release(sid: string, epoch: number): Promise<boolean> {
    return this.#open().writer.call('release', { sid, epoch });
  }

  async markExecuting(sid: string, epoch: number, actionId: number): Promise<boolean> {
    return this.#open().writer.call('markExecuting', { sid, epoch, actionId });
  }

  async conversation(sid: string): Promise<ConversationRecord | null> {
    return this.#open().reader.call('conversation', sid);
  }

  async list(query: ListQuery): Promise<ListPage> {
    return this.#open().reader.call('list', plainListQuery(query));
  }

  async rename(sid: string, title: string, from?: string): Promise<boolean> {
    return this.#open().writer.call('rename', from === undefined ? { sid, title } : { sid, title, from });
  }

  async remove(sid: string): Promise<boolean> {
    const isRemoved = await this.#open().writer.call('remove', sid);
    if (isRemoved) this.#logHasGrown();
    return isRemoved;
  }

  async events(query: EventQuery): Promise<EventPage> {
    return this.#page(plainQuery(query));
  }

  async newest(sid: string, kind: string, upTo = Infinity): Promise<StoredEvent | null> {
    return (await this.#page(newestQuery(sid, kind, upTo))).events[0] ?? null;
  }

  async heads(sids: readonly string[]): Promise<Map<string, number>> {
    return this.#open().reader.call('heads', sids);
  }

  async searchLag(): Promise<number> {
    return this.#open().reader.call('searchLag', null);
  }

  async due(query: { living: readonly string[]; limit: number }): Promise<ConversationRecord[]> {
    return this.#open().reader.call('due', query);
  }

  async waiting(userId: string, limit: number): Promise<ConversationRecord[]> {
    return this.#open().reader.call('waiting', { userId, limit });
  }

  async waitingUsers(after: string | null, limit: number): Promise<string[]> {
    return this.#open().reader.call('waitingUsers', { after, limit });
  }

  async running(userId: string, limit: number): Promise<ConversationRecord[]> {
    return this.#open().reader.call('running', { userId, limit });
  }

  async owned(query: OwnedQuery): Promise<ConversationRecord[]> {
    return this.#open().reader.call('owned', query);
  }

  async saveSnapshot(snapshot: Snapshot): Promise<void> {
    await this.#open().writer.call('saveSnapshot', snapshot, snapshot.state.length);
  }

  async loadSnapshot(sid: string, version: string): Promise<Snapshot | null> {
    return this.#open().reader.call('loadSnapshot', { sid, version });
  }

  #open(): Threads {
    if (this.#threads === null) throw new ConveneError('store_unavailable', 'The store is not open.');
    return this.#threads;
  }

  #page(query: PlainQuery): Promise<EventPage> {
    const page = readPage(this.#open().reader, query).finally(() => this.#pages.delete(page));
    this.#pages.add(page);
    return page;
  }

  #logHasGrown(): void {
    this.#hasGrown = true;
    if (!this.#isIndexing) this.#wakeIndexer();
  }

  #indexIsIdle(): void {
    this.#isIndexing = false;
    if (this.#hasGrown) this.#wakeIndexer();
  }

  #wakeIndexer(): void {
    this.#isIndexing = true;
    this.#hasGrown = false;
    this.#threads?.indexer.wake();
  }
}

/** Slice by slice, so that neither thread is ever busy for long with one page. */
async function readPage(reader: WorkerChannel<ReaderCalls>, query: PlainQuery): Promise<EventPage> {
  const events: StoredEvent[] = [];
  let { after, before } = query;
  let size = 0;
  for (;;) {
    // A full page only asks whether there is more.
    const limit = size < pageSize ? query.limit - events.length : 0;
    const slice = await reader.call('events', { ...query, after, before, limit });
    for (const [id, at, source, cause, data] of slice.rows) {
      events.push(decodeEvent({ id, at, source, cause, data }));
      size += data.length;
    }
    if (slice.next === null) return { events, hasMore: slice.hasMore };
    if (query.reverse) before = slice.next;
    else after = slice.next;
  }
}

function warn(error: ConveneError): void {
  process.emitWarning(error);
}
