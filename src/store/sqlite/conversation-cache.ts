/**
 * The newest conversations' records, as the writer knows them. It is the only writer, so what it holds is what the
 * database holds, but for the changes of the transaction under way, which `dirty` names. After a rollback everything is
 * forgotten.
 */
import type { ConversationRecord } from '../event-store.ts';

export interface CachedConversation {
  readonly number: number;
  record: ConversationRecord;
}

export class ConversationCache {
  readonly #capacity: number;
  /** From the least to the most recently used. */
  readonly #entries = new Map<string, CachedConversation>();
  /** Whose often-changing columns are not written yet. None of these is ever evicted before it is written. */
  readonly dirty = new Set<CachedConversation>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(sid: string): CachedConversation | undefined {
    const entry = this.#entries.get(sid);
    if (entry === undefined) return undefined;
    this.#entries.delete(sid);
    this.#entries.set(sid, entry);
    return entry;
  }

  add(entry: CachedConversation): CachedConversation {
    this.#entries.set(entry.record.sid, entry);
    return entry;
  }

  remove(entry: CachedConversation): void {
    this.#entries.delete(entry.record.sid);
    this.dirty.delete(entry);
  }

  /** To be called between transactions. */
  evict(): void {
    for (const sid of this.#entries.keys()) {
      if (this.#entries.size <= this.#capacity) return;
      this.#entries.delete(sid);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.dirty.clear();
  }
}
