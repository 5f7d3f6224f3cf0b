/**
 * What a page knows of one conversation's log: its length, the events around what is looked at, and the newest ones.
 * It loads what is wanted, follows what comes, and lets go of what is far away, so that a log of any length takes
 * the same memory.
 *
 *   a chunk: absent ──(wanted)──▶ loading ──▶ there ──(far away, and too many)──▶ absent
 *                       ▲            │
 *                       └─(no longer wanted, or failed)
 */
import type { StoredEvent } from 'convene/client';
import { CHUNK, EventChunks } from './event-chunks.ts';

export interface EventWindowOptions {
  /** Events from `from` to `to`, both included, ascending: all of them, or the first ones. */
  readonly load: (from: number, to: number, signal: AbortSignal) => Promise<readonly StoredEvent[]>;
  /** Told when a load failed, which is tried again when its events are wanted again. */
  readonly onFailure?: (error: unknown) => void;
  /** How many events are kept, about. @default 3000 */
  readonly keep?: number;
}

/** What was there before is drawn anew: `from` to `to` have come, or are gone. */
export interface WindowChange {
  readonly from: number;
  readonly to: number;
}

const KEEP = 3_000;
const MAX_WEIGHT = 40_000_000;
/** Of the end of the log, that many chunks stay. */
const TAIL_CHUNKS = 3;

export class EventWindow {
  readonly #options: EventWindowOptions;
  readonly #chunks: EventChunks;
  readonly #loading = new Map<number, AbortController>();
  readonly #listeners = new Set<(change: WindowChange) => void>();
  #head = -1;
  #wanted = { first: 0, last: -1 };

  constructor(options: EventWindowOptions) {
    this.#options = options;
    this.#chunks = new EventChunks({
      chunks: Math.ceil((options.keep ?? KEEP) / CHUNK),
      weight: MAX_WEIGHT,
    });
  }

  /** The id of the newest event of the log, whether it is here or not; -1 for none. */
  get head(): number {
    return this.#head;
  }

  /** How many events are here. */
  get size(): number {
    return this.#chunks.size;
  }

  get(id: number): StoredEvent | undefined {
    return this.#chunks.get(id);
  }

  subscribe(listener: (change: WindowChange) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Events that have come: live ones, or a page. Those that are here already change nothing. */
  push(events: readonly StoredEvent[]): void {
    const first = events[0];
    const last = events.at(-1);
    if (first === undefined || last === undefined) return;
    let grown = this.#head;
    for (const event of events) {
      this.#chunks.put(event);
      grown = Math.max(grown, event.id);
    }
    this.#head = grown;
    this.#evict();
    this.#tell({ from: first.id, to: last.id });
  }

  /** The log is this long. */
  grow(head: number): void {
    if (head <= this.#head) return;
    const from = this.#head + 1;
    this.#head = head;
    this.#tell({ from, to: head });
  }

  /** Loads what is not here between these ids, and no longer loads what lies elsewhere. */
  want(first: number, last: number): void {
    this.#wanted = { first: Math.max(0, first), last: Math.min(last, this.#head) };
    for (const [chunk, controller] of this.#loading) {
      if (!this.#isWanted(chunk)) controller.abort();
    }
    for (const chunk of this.#wantedChunks()) {
      if (!this.#loading.has(chunk) && !this.#isWhole(chunk)) void this.#load(chunk);
    }
  }

  /** Whether everything that is wanted is here. */
  get isSettled(): boolean {
    return this.#wantedChunks().every((chunk) => this.#isWhole(chunk));
  }

  close(): void {
    for (const controller of this.#loading.values()) controller.abort();
    this.#listeners.clear();
  }

  async #load(chunk: number): Promise<void> {
    const controller = new AbortController();
    this.#loading.set(chunk, controller);
    try {
      while (!this.#isWhole(chunk)) {
        const from = chunk * CHUNK + this.#chunks.filled(chunk);
        const to = Math.min(chunk * CHUNK + CHUNK - 1, this.#head);
        const events = await this.#options.load(from, to, controller.signal);
        if (controller.signal.aborted || events.length === 0) return;
        this.push(events);
      }
    } catch (error) {
      if (!controller.signal.aborted) this.#options.onFailure?.(error);
    } finally {
      this.#loading.delete(chunk);
    }
  }

  #isWhole(chunk: number): boolean {
    return this.#chunks.filled(chunk) >= Math.min(CHUNK, this.#head + 1 - chunk * CHUNK);
  }

  #isWanted(chunk: number): boolean {
    const { first, last } = this.#wanted;
    return chunk >= Math.floor(first / CHUNK) && chunk <= Math.floor(last / CHUNK);
  }

  #wantedChunks(): number[] {
    const { first, last } = this.#wanted;
    const chunks: number[] = [];
    for (let chunk = Math.floor(first / CHUNK); chunk * CHUNK <= last; chunk += 1) chunks.push(chunk);
    return chunks;
  }

  #evict(): void {
    const { first, last } = this.#wanted;
    const tail = Math.floor(this.#head / CHUNK) - TAIL_CHUNKS;
    const isKept = (chunk: number): boolean => chunk > tail || this.#isWanted(chunk);
    this.#chunks.evict(Math.floor((first + last) / 2 / CHUNK), isKept);
  }

  #tell(change: WindowChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}
