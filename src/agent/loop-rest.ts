/**
 * How a loop rests: it sleeps, without a timer, until something wakes it.
 *
 *   awake ──sleep──▶ asleep ──wake──▶ awake
 *
 * Others may wait for the moment in which it falls asleep, or is told to have ended.
 */
import type { Clock } from '../clock.ts';
import type { LoopEnd } from './loop-writer.ts';

export class LoopRest {
  readonly #clock: Clock;
  #wakeUp: (() => void) | null = null;
  #since: number;
  #waiters: ((end: LoopEnd | null) => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  /** Since when it has slept (on the monotonic clock); null while it is awake. */
  get since(): number | null {
    return this.#wakeUp === null ? null : this.#since;
  }

  /** It counts as asleep from now on only. */
  touch(): void {
    this.#since = this.#clock.monotonic();
  }

  /** Resolves when it is woken. */
  sleep(): Promise<void> {
    this.touch();
    return new Promise((resolve) => {
      this.#wakeUp = resolve;
      this.tell(null);
    });
  }

  wake(): void {
    const wakeUp = this.#wakeUp;
    this.#wakeUp = null;
    wakeUp?.();
  }

  /** Resolves when the loop sleeps again, or has ended: then with how. */
  next(): Promise<LoopEnd | null> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Answers whoever waits. */
  tell(end: LoopEnd | null): void {
    for (const waiter of this.#waiters.splice(0)) waiter(end);
  }
}
