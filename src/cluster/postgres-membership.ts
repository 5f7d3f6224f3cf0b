/** `Membership` in PostgreSQL. */
import type { Clock } from '../clock.ts';
import { LeasedMembership } from './leased-membership.ts';
import { NodeRows } from './node-rows.ts';

export interface PostgresMembershipOptions {
  /** Of the database; a pooler that shares sessions must not stand before it. */
  readonly url: string;
  readonly clock: Clock;
  /** Where this node answers HTTP, once that is known. */
  readonly nodeUrl: () => string | null;
  /** @default 6000 */
  readonly leaseMs?: number;
  /** Told what an operator should know: lost leases, deaths, a database that is away. */
  readonly onWarning: (message: string) => void;
  /** Told what should not have happened: a listener that failed. */
  readonly onError: (error: unknown) => void;
}

const defaultLeaseMs = 6000;

export class PostgresMembership extends LeasedMembership {
  constructor({ url, leaseMs = defaultLeaseMs, ...options }: PostgresMembershipOptions) {
    super({ ...options, leaseMs, registry: new NodeRows(url, options.clock, leaseMs) });
  }
}
