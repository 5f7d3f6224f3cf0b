/**
 * Which locks of other nodes are free, and for how long this node has seen that. Between two looks a node may have had its
 * lock again, and lost it: whoever takes a lock again sends a heartbeat then, so that is seen too.
 */
import type { HeardNode } from './node-registry.ts';

/** So long a lock must have been free for its node to be dead. A living node acts for no more than 300 ms without it. */
const deadAfterMs = 400;

export class FreeLocks {
  #since = new Map<string, { readonly at: number; readonly heardAt: number }>();

  /**
   * Takes in what a look has shown; answers those whose lock has been free for long enough.
   * @param free All nodes that should hold their lock and don't.
   * @param sentAt When the look was sent, and `answeredAt` when its answer came, both monotonic: the lock was free at
   * some time between the two.
   */
  seen(free: readonly HeardNode[], sentAt: number, answeredAt: number): string[] {
    const before = this.#since;
    this.#since = new Map(
      free.map(({ heardAt, incarnation }) => {
        const known = before.get(incarnation);
        return [incarnation, known?.heardAt === heardAt ? known : { at: answeredAt, heardAt }];
      }),
    );
    return [...this.#since]
      .filter(([, { at }]) => sentAt - at >= deadAfterMs)
      .map(([incarnation]) => incarnation);
  }
}
