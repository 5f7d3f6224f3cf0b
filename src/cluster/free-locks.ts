/**
 * Which locks of other nodes are free, and for how long this node has seen that without a break. A node that could not
 * look for a while begins anew: it does not know what was in between.
 */

/** So long a lock must have been free for its node to be dead. A living node takes its lock again, or stops, in 300 ms. */
const deadAfterMs = 400;

/** Between two looks further apart than this, anything may have been. */
const longestGapMs = 400;

export class FreeLocks {
  readonly #since = new Map<string, number>();
  #lookedAt = -Infinity;

  /**
   * Takes in what a look has shown; answers those whose lock has been free for long enough.
   * @param free All incarnations that should hold their lock and don't.
   * @param sentAt When the look was sent, and `answeredAt` when its answer came, both monotonic: the lock was free at
   * some time between the two.
   */
  seen(free: readonly string[], sentAt: number, answeredAt: number): string[] {
    if (sentAt - this.#lookedAt > longestGapMs) this.#since.clear();
    this.#lookedAt = answeredAt;
    for (const known of [...this.#since.keys()]) if (!free.includes(known)) this.#since.delete(known);
    return free.filter((incarnation) => {
      const since = this.#since.get(incarnation);
      if (since === undefined) this.#since.set(incarnation, answeredAt);
      return since !== undefined && sentAt - since >= deadAfterMs;
    });
  }

  forget(): void {
    this.#since.clear();
  }
}
