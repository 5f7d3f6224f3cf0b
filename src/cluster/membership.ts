/**
 * The port `Membership`: which nodes live, and whether this one still may act. A node lives under an
 * incarnation: each start of a server process is a new one, and a dead one never returns.
 */
import type { Clock } from '../clock.ts';

export interface Membership extends AsyncDisposable {
  /** This node's incarnation; stable between `start` and dispose. */
  readonly incarnation: string;
  start(): Promise<void>;
  /** Checked right before each effect: false means that another node may have taken over. */
  holdsLease(): boolean;
  /** Whether that incarnation is known to be dead. */
  isDead(incarnation: string): boolean;
  /** Incarnations that are known to live. */
  living(): readonly string[];
}

/** One process that holds its data folder alone: it lives, and whoever else ever owned something is dead. */
export class SoleMembership implements Membership {
  readonly incarnation: string;

  constructor(clock: Clock) {
    this.incarnation = clock.id();
  }

  async start(): Promise<void> {}

  holdsLease(): boolean {
    return true;
  }

  isDead(incarnation: string): boolean {
    return incarnation !== this.incarnation;
  }

  living(): readonly string[] {
    return [this.incarnation];
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
