/**
 * The table `node` of src/cluster/node-rows.ts and the locks beside it, in memory: what each of its statements does, at once.
 * That both do the same is tested in test/conformance/node-registry.ts.
 */
import type { NodeInfo } from '../../src/cluster/membership.ts';
import type { Beat, HeardNode, LivingNode, Look, NodeState } from '../../src/cluster/node-registry.ts';

interface Row extends NodeState {
  readonly startedAt: number;
  readonly heardAt: number;
  readonly expiresAt: number;
  readonly deadAt: number | null;
}

/** What holds a lock: the database frees it with the session. */
export type Session = object;

interface Held {
  readonly session: Session;
  readonly since: number;
}

/** Since when a lock is free, and for how long it was held before that, in ms. */
interface Freed {
  readonly at: number;
  readonly heldMs: number;
}

const dayMs = 86_400_000;

export class NodeTable {
  readonly #now: () => number;
  readonly #leaseMs: number;
  readonly #rows = new Map<string, Row>();
  readonly #locks = new Map<string, Held>();
  /** The locks that were lost. */
  readonly #freed = new Map<string, Freed>();
  #databaseStartedAt: number;

  /** @param now The database's clock, in ms since the epoch. */
  constructor(now: () => number, leaseMs: number) {
    this.#now = now;
    this.#leaseMs = leaseMs;
    this.#databaseStartedAt = -Infinity;
  }

  /** The database starts: all sessions are gone, and all locks with them. */
  restart(): void {
    this.#databaseStartedAt = this.#now();
    for (const { session } of [...this.#locks.values()]) this.free(session);
  }

  lock(incarnation: string, session: Session): void {
    this.#locks.set(incarnation, { session, since: this.#now() });
    this.#freed.delete(incarnation);
  }

  /** @param given Its node has given it up by itself. */
  free(session: Session, given = false): void {
    for (const [incarnation, held] of this.#locks) {
      if (held.session !== session) continue;
      this.#locks.delete(incarnation);
      if (!given) this.#freed.set(incarnation, { heldMs: this.#now() - held.since, at: this.#now() });
    }
  }

  /** For how long a lock is free that its node has lost, and for how long it was held before that, in ms. */
  lostLock(incarnation: string): { readonly freeMs: number; readonly heldMs: number } | null {
    const freed = this.#freed.get(incarnation);
    return freed === undefined ? null : { freeMs: this.#now() - freed.at, heldMs: freed.heldMs };
  }

  hasExpired(incarnation: string): boolean {
    return (this.#rows.get(incarnation)?.expiresAt ?? -Infinity) < this.#now();
  }

  join(node: NodeState, before: string | null): void {
    if (this.#rows.has(node.incarnation)) throw new Error(`There is a row of ${node.incarnation} already.`);
    if (before !== null) this.leave(before);
    const now = this.#now();
    const times = { startedAt: now, heardAt: now, expiresAt: now + this.#leaseMs, deadAt: null };
    this.#rows.set(node.incarnation, { ...node, ...times });
  }

  beat(node: NodeState): Beat {
    const nodes = this.#living();
    const row = this.#rows.get(node.incarnation);
    if (row === undefined || row.deadAt !== null) return { alive: false, nodes };
    const now = this.#now();
    const draining = row.draining || node.draining;
    this.#rows.set(node.incarnation, {
      ...row,
      ...node,
      draining,
      heardAt: now,
      expiresAt: now + this.#leaseMs,
    });
    return { alive: true, nodes };
  }

  look(): Look {
    const nodes = this.#living().map((node) => ({
      ...node,
      free: !this.#locks.has(node.incarnation),
      expired: this.hasExpired(node.incarnation),
      heardAt: this.#rows.get(node.incarnation)?.heardAt ?? -Infinity,
    }));
    return { databaseAgeMs: this.#databaseAgeMs(), nodes };
  }

  bury(nodes: readonly HeardNode[]): string[] {
    if (this.hasJustStarted) return [];
    const seeming = nodes.filter(({ heardAt, incarnation }) => {
      const isSilent = this.#rows.get(incarnation)?.heardAt === heardAt;
      return this.hasExpired(incarnation) || (isSilent && !this.#locks.has(incarnation));
    });
    return seeming.map((node) => node.incarnation).filter((incarnation) => this.#end(incarnation));
  }

  leave(incarnation: string): void {
    this.#end(incarnation);
  }

  lives(incarnation: string): boolean {
    return this.#rows.get(incarnation)?.deadAt === null;
  }

  /** For how long it has been a member, in ms; 0 where it is none. */
  memberFor(incarnation: string): number {
    const row = this.#rows.get(incarnation);
    return row === undefined || row.deadAt !== null ? 0 : this.#now() - row.startedAt;
  }

  nodes(): NodeInfo[] {
    const now = this.#now();
    return [...this.#rows.values()]
      .sort(
        (one, other) =>
          Number(one.deadAt !== null) - Number(other.deadAt !== null) ||
          one.startedAt - other.startedAt ||
          (one.incarnation < other.incarnation ? -1 : 1),
      )
      .map(({ deadAt, draining, heardAt, incarnation, load, startedAt, url }) => ({
        incarnation,
        url,
        startedAt,
        heardMsAgo: Math.max(0, now - heardAt),
        live: deadAt === null,
        draining,
        load,
      }));
  }

  prune(): void {
    for (const [incarnation, { deadAt }] of this.#rows) {
      if (deadAt !== null && deadAt < this.#now() - dayMs) this.#rows.delete(incarnation);
    }
  }

  /** Whether its database was started less than a lease ago: that freed all locks, and no heartbeat came before. */
  get hasJustStarted(): boolean {
    return this.#databaseAgeMs() <= this.#leaseMs;
  }

  #databaseAgeMs(): number {
    return this.#now() - this.#databaseStartedAt;
  }

  #living(): LivingNode[] {
    return [...this.#rows.values()]
      .filter(({ deadAt }) => deadAt === null)
      .map(({ draining, incarnation, load }) => ({ incarnation, draining, load }));
  }

  /** Answers whether it has lived until now. */
  #end(incarnation: string): boolean {
    const row = this.#rows.get(incarnation);
    if (row === undefined || row.deadAt !== null) return false;
    this.#rows.set(incarnation, { ...row, deadAt: this.#now() });
    return true;
  }
}
