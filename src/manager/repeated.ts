/**
 * Work that is done again and again, each time so long after it last ended.
 *
 *   new ──start()──▶ waiting ⇄ working ──stop()──▶ stopped (what is being done is the background's to end)
 */
import type { Cancel, Clock } from '../clock.ts';
import type { Background } from './background.ts';

export interface RepeatedOptions {
  readonly clock: Clock;
  readonly background: Background;
  readonly everyMs: number;
  /** Its name, for whoever is told of a failure. */
  readonly what: string;
  readonly task: () => Promise<void>;
}

export class Repeated {
  readonly #options: RepeatedOptions;
  #cancel: Cancel | null = null;
  #stopped = false;

  constructor(options: RepeatedOptions) {
    this.#options = options;
  }

  start(): void {
    const { background, clock, everyMs, task, what } = this.#options;
    if (this.#stopped) return;
    this.#cancel = clock.after(everyMs, () => {
      background.run(what, async () => {
        try {
          if (!this.#stopped) await task();
        } finally {
          this.start();
        }
      });
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }
}
