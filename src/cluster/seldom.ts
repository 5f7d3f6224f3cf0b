/** Warnings about what may go wrong a thousand times a second: of each kind, one in ten seconds. */
import type { Clock } from '../clock.ts';

const everyMs = 10_000;

interface Told {
  /** Monotonic. */
  at: number;
  /** How many were left out since. */
  leftOut: number;
}

export class SeldomWarnings {
  readonly #clock: Clock;
  readonly #onWarning: (message: string) => void;
  readonly #told = new Map<string, Told>();

  constructor(clock: Clock, onWarning: (message: string) => void) {
    this.#clock = clock;
    this.#onWarning = onWarning;
  }

  /** @param kind One of a few; what is left out is counted by it. */
  warn(kind: string, message: string): void {
    const now = this.#clock.monotonic();
    const told = this.#told.get(kind);
    if (told !== undefined && now - told.at < everyMs) {
      told.leftOut += 1;
      return;
    }
    this.#told.set(kind, { at: now, leftOut: 0 });
    const leftOut = told?.leftOut ?? 0;
    this.#onWarning(leftOut === 0 ? message : `${message} (${leftOut} more like this before.)`);
  }
}
