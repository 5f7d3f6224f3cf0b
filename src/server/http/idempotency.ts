/**
 * What an `Idempotency-Key` becomes: the same names for the same user and key, on every node and after every restart,
 * which nobody without the server's key can foresee.
 */
import { createHmac } from 'node:crypto';

export interface NamedRequest {
  /** The conversation that the request creates. */
  readonly sid: string;
  /** Of its first message. */
  readonly actionId: string;
}

export function namesOf(secretKey: Uint8Array, userId: string, key: string): NamedRequest {
  const name = (purpose: string): string =>
    createHmac('sha256', secretKey)
      .update(JSON.stringify(['idempotency', purpose, userId, key]))
      .digest('hex')
      .slice(0, 32);
  return { sid: name('sid'), actionId: name('action_id') };
}
