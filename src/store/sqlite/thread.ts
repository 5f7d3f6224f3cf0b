/** What the store's threads have in common: how they speak to the main thread. */
import type { MessagePort } from 'node:worker_threads';
import { ConveneError } from '../../errors.ts';
import type { Failure, FromWorker } from './calls.ts';

export function post(
  port: MessagePort,
  message: FromWorker | { kind: 'answers'; answers: readonly unknown[] },
): void {
  port.postMessage(message);
}

export function failureOf(error: unknown): Failure {
  if (error instanceof ConveneError) return { code: error.code, message: error.message };
  const reason = error instanceof Error ? error.message : String(error);
  return { code: 'store_unavailable', message: `The database failed: ${reason}` };
}
