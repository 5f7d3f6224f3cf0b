/** Work that is done again and again: each time so long after it last began, or at once where it took longer. */
import type { Cancel, Clock } from '../clock.ts';

export class Rounds {
  readonly #clock: Clock;
  readonly #everyMs: number;
  readonly #task: () => Promise<void>;
  #cancel: Cancel = () => {};
  #underWay: Promise<void> = Promise.resolve();
  #stopped = false;

  /** @param task Must not reject. The first one comes after `everyMs`. */
  constructor(clock: Clock, everyMs: number, task: () => Promise<void>) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#task = task;
    this.#next(everyMs);
  }

  /** No more of it; resolves when what is being done has ended. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    return this.#underWay;
  }

  #next(delayMs: number): void {
    if (this.#stopped) return;
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#underWay = this.#round();
    });
  }

  async #round(): Promise<void> {
    const began = this.#clock.monotonic();
    await this.#task();
    this.#next(Math.max(0, this.#everyMs - (this.#clock.monotonic() - began)));
  }
}
