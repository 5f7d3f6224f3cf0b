/** The one error of the client: what the server refused, by its code, and what the client itself gave up. */
import type { ErrorCode } from '../errors.ts';

/**
 * What only a client can meet: `timed_out`: no answer within the time given; `unreachable`: the same, and the last
 * attempt did not reach a server; `closed`: the conversation was left by this client; `bad_answer`: not what the
 * protocol says.
 */
export type LocalErrorCode = 'timed_out' | 'unreachable' | 'closed' | 'bad_answer';

/** A newer server may know codes that this client does not. */
export type ClientErrorCode = ErrorCode | LocalErrorCode | (string & {});

export interface ClientErrorOptions {
  readonly cause?: unknown;
  /** The HTTP status, where there was one. */
  readonly status?: number;
  /** What a program needs, such as `field`. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;
  /** The HTTP status; null where the error came by the socket, or from the client itself. */
  readonly status: number | null;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ClientErrorCode, message: string, options: ClientErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.status = options.status ?? null;
    this.details = options.details ?? {};
  }
}

/** Whether `error` is the client's error named `code`. */
export function isClientError(error: unknown, code: ErrorCode | LocalErrorCode): error is ClientError {
  return error instanceof ClientError && error.code === code;
}

/** After these, the same request may succeed: nothing was stored, or an `action_id` makes repeating it safe. */
const passing: ReadonlySet<ClientErrorCode> = new Set<ErrorCode>([
  'draining',
  'not_connected',
  'outcome_unknown',
  'store_unavailable',
  'too_many_requests',
]);

export function passes(error: unknown): boolean {
  return error instanceof ClientError && passing.has(error.code);
}
