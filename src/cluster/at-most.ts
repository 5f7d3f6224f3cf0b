import { type Clock, delay } from '../clock.ts';

/** Waits for `work`, but no longer than `ms`. Throws what it throws by then; what comes of it later is nobody's. */
export function atMost(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  return Promise.race([work.then(() => {}), delay(clock, ms)]);
}
