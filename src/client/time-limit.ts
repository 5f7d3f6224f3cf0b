/** Waiting that ends: by a deadline, by the caller's signal, or by what was waited for. */
import { ClientError } from './client-error.ts';

/** A time for a whole operation. Release it when the operation has ended, else its timer lives on. */
export class TimeLimit {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #outer: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#controller.abort(this.#outer?.reason);
  /** The newest failure that was met on the way: the cause of a time-out. */
  lastFailure: unknown = null;

  /** `what` is for the message of `timed_out`. */
  constructor(what: string, timeoutMs: number, signal: AbortSignal | undefined) {
    this.#outer = signal;
    this.#timer = setTimeout(() => this.#controller.abort(this.#timedOut(what, timeoutMs)), timeoutMs);
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Aborted with a `ClientError`, or with the reason of the caller's signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  release(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener('abort', this.#onAbort);
  }

  #timedOut(what: string, timeoutMs: number): ClientError {
    const failure = this.lastFailure;
    const message = `${what}: no answer within ${timeoutMs} ms`;
    if (failure === null) return new ClientError('timed_out', `${message}.`);
    const why = failure instanceof Error ? failure.message : String(failure);
    const code = failure instanceof ClientError ? 'timed_out' : 'unreachable';
    return new ClientError(code, `${message}: ${why}`, { cause: failure });
  }
}

/** Resolves after `delayMs`; rejects with the signal's reason as soon as it is aborted. */
export function rest(delayMs: number, signal: AbortSignal): Promise<void> {
  return orAborted(signal, (resolve) => {
    const timer = setTimeout(resolve, delayMs);
    return () => clearTimeout(timer);
  });
}

/**
 * Resolves when `begin` says so; rejects with the signal's reason as soon as it is aborted. `begin` answers with what
 * is to be undone in both cases.
 */
export function orAborted(
  signal: AbortSignal | undefined,
  begin: (resolve: () => void) => () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      end();
      reject(signal?.reason);
    };
    const end = begin(() => {
      signal?.removeEventListener('abort', onAbort);
      end();
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Waits longer from time to time, and never at the same moment as others: 100 ms, doubled up to 2 s, less up to half. */
export function backoffMs(attempt: number): number {
  return Math.min(2_000, 100 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2);
}
