/** A wait with a deadline. */
import type { Clock } from '../../clock.ts';

/** Whether `promise` was fulfilled within `ms`; where it is rejected in that time, so is this. */
export function within(clock: Clock, ms: number, promise: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => resolve(false));
    promise.then(
      () => {
        cancel();
        resolve(true);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}
