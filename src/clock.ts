/**
 * Time, ids and randomness come from here and from nowhere else, so that a simulation can replace all
 * three. `now` is wall time and may step; `monotonic` never does and is what deadlines are counted in.
 */
import { randomUUID } from 'node:crypto';

/** Ends a pending timer; harmless when it has fired or was ended before. */
export type Cancel = () => void;

export interface Clock {
  /** Wall time in ms since the epoch. */
  now(): number;
  /** Milliseconds on a clock that never steps. */
  monotonic(): number;
  /** Calls `task` once after `delayMs`; with 0, in the next turn of the event loop. The timer does not keep the process alive. */
  after(delayMs: number, task: () => void): Cancel;
  /** 32 hex digits of randomness. */
  id(): string;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, task) {
    if (delayMs === 0) {
      const immediate = setImmediate(task).unref();
      return () => clearImmediate(immediate);
    }
    const timer = setTimeout(task, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  // Node draws randomness for many of these at once.
  id: () => randomUUID().replaceAll('-', ''),
};

/**
 * Resolves after `delayMs`; rejects with the signal's reason as soon as the signal is aborted.
 */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
