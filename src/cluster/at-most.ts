import type { Clock } from '../clock.ts';

/** What `work` comes to. Where that takes longer than `ms`, what `late` answers or throws; what comes later is nobody's. */
export async function within<T>(clock: Clock, ms: number, work: Promise<T>, late: () => T): Promise<T> {
  const over = Promise.withResolvers<void>();
  const cancel = clock.after(ms, over.resolve);
  try {
    return await Promise.race([work, over.promise.then(late)]);
  } finally {
    cancel();
  }
}

/** Waits for `work`, but no longer than `ms`. Throws what it throws by then. */
export function atMost(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  return within(clock, ms, work, () => {});
}
