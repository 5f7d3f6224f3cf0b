/**
 * How long ago this node's life was last confirmed, counted from when the heartbeat was sent. By the larger of two
 * clocks: the monotonic one may stand still while the machine sleeps, and the other one may be set back.
 */
import type { Clock } from '../clock.ts';

/** A time on both clocks. */
export interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

/** By the clock that says more, in ms. */
export function passed(from: Moment, to: Moment): number {
  return Math.max(to.monotonic - from.monotonic, to.wall - from.wall);
}

export class Lease {
  readonly #clock: Clock;
  readonly #lastsMs: number;
  #confirmed: Moment | null = null;

  /** @param leaseMs What the others wait. This node stops after two thirds of it. */
  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock;
    this.#lastsMs = (leaseMs * 2) / 3;
  }

  /** Taken right before a heartbeat is sent. */
  moment(): Moment {
    return { monotonic: this.#clock.monotonic(), wall: this.#clock.now() };
  }

  /** The heartbeat that was sent then has found this node alive. */
  confirm(sent: Moment): void {
    if (this.#confirmed === null || sent.monotonic > this.#confirmed.monotonic) this.#confirmed = sent;
  }

  /** Not confirmed for too long, or never. */
  get over(): boolean {
    const confirmed = this.#confirmed;
    if (confirmed === null) return true;
    return passed(confirmed, this.moment()) >= this.#lastsMs;
  }

  end(): void {
    this.#confirmed = null;
  }
}
