/**
 * Which other nodes live, as the answers of the registry have told it. They overtake each other: a heartbeat and a look go by
 * two connections.
 */
import type { LivingNode } from './node-registry.ts';

interface KnownNode extends LivingNode {
  /** When an answer has shown it for the first time, monotonic. */
  readonly shownAt: number;
}

export class KnownNodes {
  #living: readonly KnownNode[] = [];
  /** When the newest answer was asked for, monotonic. */
  #askedAt = -Infinity;
  /** Never alive again, whatever an answer says that was late. */
  readonly #dead = new Set<string>();

  get living(): readonly LivingNode[] {
    return this.#living;
  }

  isDead(incarnation: string): boolean {
    return this.#dead.has(incarnation);
  }

  /**
   * Takes a list of the living in; answers who has died. Who is not in it, though shown before it was asked for, has died.
   * Who has been shown since may have joined since.
   * @param askedAt When it was asked for, and `answeredAt` when it came, both monotonic.
   */
  learn(nodes: readonly LivingNode[], askedAt: number, answeredAt: number): string[] {
    if (askedAt <= this.#askedAt) return [];
    this.#askedAt = askedAt;
    const missing = new Map(this.#living.map((node) => [node.incarnation, node]));
    const living: KnownNode[] = [];
    for (const node of nodes.filter(({ incarnation }) => !this.#dead.has(incarnation))) {
      living.push({ ...node, shownAt: missing.get(node.incarnation)?.shownAt ?? answeredAt });
      missing.delete(node.incarnation);
    }
    this.#living = [...living, ...missing.values()];
    return this.bury(
      [...missing.values()].filter((node) => node.shownAt < askedAt).map((node) => node.incarnation),
    );
  }

  /** These are dead; answers those of whom that was not known. */
  bury(incarnations: readonly string[]): string[] {
    const died = incarnations.filter((incarnation) => !this.#dead.has(incarnation));
    for (const incarnation of died) this.#dead.add(incarnation);
    this.#living = this.#living.filter((node) => !this.#dead.has(node.incarnation));
    return died;
  }
}
