/**
 * Events between the socket and whoever reads them, each once and in order.
 *
 *   taking ──(MAX wait)──▶ full: what comes is dropped ──(all are read: `onDrained`)──▶ taking, from the cursor on
 *
 * So memory stays bounded however slowly a program reads; what was dropped is asked for again.
 */
import type { StoredEvent } from '../events/event.ts';

const MAX = 5_000;

export class WaitingEvents {
  readonly #events: StoredEvent[] = [];
  readonly #onDrained: () => void;
  readonly #max: number;
  #cursor: number;
  #full = false;

  /** `onDrained`: a full one has been read empty; called after it takes events again. */
  constructor(cursor: number, onDrained: () => void, max = MAX) {
    this.#cursor = cursor;
    this.#onDrained = onDrained;
    this.#max = max;
  }

  /** The id of the newest event that was taken. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Whether it was taken: one that was there before is not, and none while it is full. */
  push(event: StoredEvent): boolean {
    if (this.#full || event.id <= this.#cursor) return false;
    this.#events.push(event);
    this.#cursor = event.id;
    this.#full = this.#events.length >= this.#max;
    return true;
  }

  shift(): StoredEvent | undefined {
    const event = this.#events.shift();
    if (this.#full && this.#events.length === 0) {
      this.#full = false;
      this.#onDrained();
    }
    return event;
  }
}
