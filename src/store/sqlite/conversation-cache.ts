/**
 * The newest conversations' records, as the writer knows them. It is the only writer, so what it holds is what the
 * database holds, but for the changes of the transaction under way, which `dirty` names. After a rollback everything is
 * forgotten.
 *
 * Entries stand in two generations: what is used moves into the young one. When that is full it becomes the old one,
 * and what was in the old one until then is forgotten. So using an entry again and again costs a look-up and no more.
 */
import type { ConversationRecord } from '../event-store.ts';

export interface CachedConversation {
  readonly number: number;
  record: ConversationRecord;
}

export class ConversationCache {
  readonly #capacity: number;
  #young = new Map<string, CachedConversation>();
  #old = new Map<string, CachedConversation>();
  /** Whose often-changing columns are not written yet. None of these is ever evicted before it is written. */
  readonly dirty = new Set<CachedConversation>();

  /** `capacity`: of a generation. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(sid: string): CachedConversation | undefined {
    const young = this.#young.get(sid);
    if (young !== undefined) return young;
    const old = this.#old.get(sid);
    if (old !== undefined) this.#young.set(sid, old);
    return old;
  }

  add(entry: CachedConversation): CachedConversation {
    this.#young.set(entry.record.sid, entry);
    return entry;
  }

  remove(entry: CachedConversation): void {
    this.#young.delete(entry.record.sid);
    this.#old.delete(entry.record.sid);
    this.dirty.delete(entry);
  }

  /** To be called between transactions. */
  evict(): void {
    if (this.#young.size < this.#capacity) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
    this.dirty.clear();
  }
}
