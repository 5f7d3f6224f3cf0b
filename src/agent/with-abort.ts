/** Waiting for what can be aborted. */
import type { Clock } from '../clock.ts';

/** What is aborted must settle within this time, else nobody waits for it any more. */
const ABORT_GRACE_MS = 3_000;

/** As the promise settles; rejects with the signal's reason where it has not settled soon after an abort. */
export function withAbort<T>(promise: Promise<T>, signal: AbortSignal, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    let cancel = (): void => {};
    const aborted = (): void => {
      cancel = clock.after(ABORT_GRACE_MS, () => reject(signal.reason));
    };
    const done = (): void => {
      signal.removeEventListener('abort', aborted);
      cancel();
    };
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
    promise.then(
      (value) => {
        done();
        resolve(value);
      },
      (error: unknown) => {
        done();
        reject(error);
      },
    );
  });
}
