/**
 * A clock that moves only when it is told to. Timers run in the order of their times, those of the same time in the
 * order in which they were set; after each, everything that it set off (promises included) settles before the next.
 * With the same seed, ids and random numbers are the same.
 */
import type { Cancel, Clock } from '../clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
  cancelled: boolean;
}

export class VirtualClock implements Clock {
  /** Ascending by (at, order), as a binary heap. */
  readonly #heap: Timer[] = [];
  #now = 0;
  #order = 0;
  #wallOffset: number;
  #random: number;
  #ran = 0;
  readonly #maxTimers: number;

  /**
   * @param options.epochMs Wall time at the start.
   * @param options.maxTimers After so many timers it throws: whatever sets them goes round in circles.
   */
  constructor(seed = 1, options: { epochMs?: number; maxTimers?: number } = {}) {
    this.#random = seed >>> 0 || 1;
    this.#wallOffset = options.epochMs ?? 1_700_000_000_000;
    this.#maxTimers = options.maxTimers ?? Infinity;
  }

  now(): number {
    return Math.floor(this.#now + this.#wallOffset);
  }

  monotonic(): number {
    return this.#now;
  }

  after(delayMs: number, task: () => void): Cancel {
    const timer: Timer = {
      at: this.#now + Math.max(0, delayMs),
      order: this.#order++,
      task,
      cancelled: false,
    };
    this.#push(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  id(): string {
    return Array.from({ length: 4 }, () => this.#next().toString(16).padStart(8, '0')).join('');
  }

  /** A number in [0, 1). */
  random(): number {
    return this.#next() / 2 ** 32;
  }

  /** Wall time steps by so much; the monotonic clock does not notice. */
  stepWall(ms: number): void {
    this.#wallOffset += ms;
  }

  /** Runs everything that is due within the next `ms`. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (let timer = this.#pop(until); timer !== null; timer = this.#pop(until)) {
      this.#now = Math.max(this.#now, timer.at);
      timer.task();
      await settle();
    }
    this.#now = until;
  }

  /** Advances until `done` holds, at most by `limitMs`. Answers whether it holds. */
  async until(done: () => boolean, limitMs: number): Promise<boolean> {
    const until = this.#now + limitMs;
    await settle();
    while (!done()) {
      const timer = this.#pop(until);
      if (timer === null) {
        this.#now = until;
        return done();
      }
      this.#now = Math.max(this.#now, timer.at);
      timer.task();
      await settle();
    }
    return true;
  }

  /** mulberry32 (Tommy Ettinger, public domain). */
  #next(): number {
    this.#random = (this.#random + 0x6d2b79f5) >>> 0;
    let mixed = this.#random;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(timer, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
  }

  /** Takes the first timer out that is due by `until`. */
  #pop(until: number): Timer | null {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.at > until) return null;
      this.#removeFirst();
      if (first.cancelled) continue;
      this.#ran += 1;
      if (this.#ran > this.#maxTimers) throw new Error(`more than ${this.#maxTimers} timers have run`);
      return first;
    }
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const child = right !== undefined && left !== undefined && before(right, left) ? right : left;
      if (child === undefined || !before(child, last)) break;
      heap[index] = child;
      index = child === left ? 2 * index + 1 : 2 * index + 2;
    }
    heap[index] = last;
  }
}

function before(one: Timer, other: Timer): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** Resolves when all promises that can settle by themselves have settled. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
