/**
 * Which locks of other nodes are free, and for how long this node has seen that without a break. A node that could not
 * look for a while begins anew: it does not know what was in between. Between two looks a node may have had its lock again,
 * and lost it: whoever takes a lock again sends a heartbeat then, so that is seen too.
 */
import type { HeardNode } from './node-registry.ts';

/** So long a lock must have been free for its node to be dead. A living node acts for no more than 300 ms without it. */
const deadAfterMs = 400;

/** Between two looks further apart than this, anything may have been. */
const longestGapMs = 400;

export class FreeLocks {
  readonly #since = new Map<string, { readonly at: number; readonly heardAt: number }>();
  #lookedAt = -Infinity;

  /**
   * Takes in what a look has shown; answers those whose lock has been free for long enough.
   * @param free All nodes that should hold their lock and don't.
   * @param sentAt When the look was sent, and `answeredAt` when its answer came, both monotonic: the lock was free at
   * some time between the two.
   */
  seen(free: readonly HeardNode[], sentAt: number, answeredAt: number): string[] {
    if (sentAt - this.#lookedAt > longestGapMs) this.#since.clear();
    this.#lookedAt = answeredAt;
    const before = new Map(this.#since);
    this.#since.clear();
    const dead: string[] = [];
    for (const { heardAt, incarnation } of free) {
      const known = before.get(incarnation);
      const since = known?.heardAt === heardAt ? known : { at: answeredAt, heardAt };
      this.#since.set(incarnation, since);
      if (sentAt - since.at >= deadAfterMs) dead.push(incarnation);
    }
    return dead;
  }

  forget(): void {
    this.#since.clear();
  }
}
