/**
 * What a failure looks like to a client, on both borders. A `ConveneError` says its code, message and details;
 * everything else is `internal` and says nothing of itself: its place is the server's log.
 */
import { ConveneError, type ErrorCode, errorTable } from '../errors.ts';

export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  /** What a program needs, such as `field`. */
  readonly [detail: string]: unknown;
}

/** The error as a client may see it. */
export function wireError(error: unknown): WireError {
  if (!(error instanceof ConveneError)) return { code: 'internal', message: errorTable.internal.message };
  const { code, message, details } = error;
  return { ...details, code, message: code === 'internal' ? errorTable.internal.message : message };
}

/** Whether the failure is the server's own doing and belongs into its log. */
export function isUnexpected(error: unknown): boolean {
  return !(error instanceof ConveneError) || error.code === 'internal';
}
