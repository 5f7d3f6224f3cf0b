/**
 * `EventStore` in memory: for tests, simulations and servers that may forget. Every call is answered in the order
 * of the calls, a microtask later.
 *
 * States: closed ──open()──▶ open ──dispose──▶ closed. A closed one answers `store_unavailable`; its core keeps what
 * it holds, so another store on the same core finds it again.
 */
import { ConveneError } from '../errors.ts';
import type { StoredEvent } from '../events/event.ts';
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
} from './event-store.ts';
import { MemoryEventCore } from './memory-event-core.ts';

export class MemoryEventStore implements EventStore {
  readonly #core: MemoryEventCore;
  #isOpen = false;

  constructor(core: MemoryEventCore = new MemoryEventCore()) {
    this.#core = core;
  }

  async open(): Promise<void> {
    this.#isOpen = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    return this.#open().append(request);
  }

  async claim(sid: string, incarnation: string, dead?: readonly string[]): Promise<ClaimResult> {
    return this.#open().claim(sid, incarnation, dead);
  }

  async release(sid: string, epoch: number): Promise<boolean> {
    return this.#open().release(sid, epoch);
  }

  async markExecuting(sid: string, epoch: number, actionId: number): Promise<boolean> {
    return this.#open().markExecuting(sid, epoch, actionId);
  }

  async conversation(sid: string): Promise<ConversationRecord | null> {
    return this.#open().conversation(sid);
  }

  async list(query: ListQuery): Promise<ListPage> {
    return this.#open().list(query);
  }

  async rename(sid: string, title: string, from?: string): Promise<boolean> {
    return this.#open().rename(sid, title, from);
  }

  async remove(sid: string): Promise<boolean> {
    return this.#open().remove(sid);
  }

  async events(query: EventQuery): Promise<EventPage> {
    return this.#open().events(query);
  }

  async newest(sid: string, kind: string, upTo?: number): Promise<StoredEvent | null> {
    return this.#open().newest(sid, kind, upTo);
  }

  async heads(sids: readonly string[]): Promise<Map<string, number>> {
    return this.#open().heads(sids);
  }

  /** Always 0: there is no index, a search scans. */
  async searchLag(): Promise<number> {
    this.#open();
    return 0;
  }

  async due(query: { living: readonly string[]; limit: number }): Promise<ConversationRecord[]> {
    return this.#open().due(query);
  }

  async waiting(userId: string, limit: number): Promise<ConversationRecord[]> {
    return this.#open().waiting(userId, limit);
  }

  async waitingUsers(after: string | null, limit: number): Promise<string[]> {
    return this.#open().waitingUsers(after, limit);
  }

  async running(userId: string, limit: number): Promise<ConversationRecord[]> {
    return this.#open().running(userId, limit);
  }

  async owned(query: OwnedQuery): Promise<ConversationRecord[]> {
    return this.#open().owned(query);
  }

  async saveSnapshot(snapshot: Snapshot): Promise<void> {
    this.#open().saveSnapshot(snapshot);
  }

  async loadSnapshot(sid: string, version: string): Promise<Snapshot | null> {
    return this.#open().loadSnapshot(sid, version);
  }

  #open(): MemoryEventCore {
    if (!this.#isOpen) throw new ConveneError('store_unavailable', 'The store is not open.');
    return this.#core;
  }
}
