/**
 * `Presence` by entries that all nodes share. What is connected to this node it knows by itself; of the others' connections
 * it believes those of nodes that live. Entries may be lost, or missed: so a node tells all its connections anew whenever it
 * is connected again, when its marker is gone, and when others are counted than it has (asked once a second). Where a living
 * node has not told all, or was not in contact for three seconds, nobody knows how many watch a conversation.
 */
import type { Clock } from '../clock.ts';
import { Coalesced } from './coalesced.ts';
import type { Membership } from './membership.ts';
import { type Connection, LocalPresence, type Presence } from './presence.ts';
import { batchSize, type Entry, type PresenceEntries } from './presence-entries.ts';
import { Rounds } from './rounds.ts';

export interface SharedPresenceOptions {
  readonly entries: PresenceEntries;
  readonly membership: Pick<Membership, 'incarnation' | 'living' | 'isDead'>;
  readonly clock: Clock;
  /** How often what dead nodes have left is looked for, in ms. @default 10000 */
  readonly sweepEveryMs?: number;
}

const lookEveryMs = 1_000;

export class SharedPresence implements Presence {
  readonly #options: SharedPresenceOptions;
  readonly #membership: SharedPresenceOptions['membership'];
  readonly #entries: PresenceEntries;
  /** Of this node. */
  readonly #local = new LocalPresence();
  /** Never alive again. */
  readonly #dead = new Set<string>();
  #rounds: readonly Rounds[] = [];
  /** Tells all connections of this node. */
  readonly #telling = new Coalesced(() => this.#tellAll());

  constructor(options: SharedPresenceOptions) {
    this.#options = options;
    this.#membership = options.membership;
    this.#entries = options.entries;
  }

  /** Resolves also where the entries are out of reach. */
  async start(): Promise<void> {
    const { clock, sweepEveryMs = 10_000 } = this.#options;
    await this.#entries.start(() => {
      void this.#telling.run(); // it never rejects
    });
    await this.#telling.settled();
    this.#rounds = [
      new Rounds(clock, lookEveryMs, () => this.#look()),
      new Rounds(clock, sweepEveryMs, () => this.#sweep()),
    ];
  }

  async join(connection: Connection): Promise<void> {
    const before = this.#local.all.get(connection.connectionId);
    await Promise.all([
      this.#local.join(connection),
      this.#entries.put(this.#membership.incarnation, [connection], before),
    ]);
  }

  async leave(connectionId: string): Promise<void> {
    const connection = this.#local.all.get(connectionId);
    if (connection === undefined) return;
    await Promise.all([
      this.#local.leave(connectionId),
      this.#entries.remove(this.#membership.incarnation, [connection]),
    ]);
  }

  renew(): Promise<void> {
    return this.#telling.run();
  }

  async connections(filter: { userId?: string; sids?: readonly string[] }): Promise<Connection[]> {
    const [own, others] = await Promise.all([this.#local.connections(filter), this.#ofOthers(filter)]);
    return [...own, ...others];
  }

  async viewers(sid: string): Promise<number | null> {
    const { incarnation } = this.#membership;
    const others = this.#others();
    // There is always a node to ask about; of this one the marker says nothing that it does not know.
    const asked = others.size === 0 ? [incarnation] : [...others];
    const found = await this.#entries.viewers(sid, asked);
    if (found === null || (others.size > 0 && !found.complete)) return null;
    const own = (await this.#local.viewers(sid)) ?? 0;
    const count = own + found.incarnations.filter((one) => others.has(one)).length;
    if (count > 0) return count;
    // One that has joined the cluster just now may not be known yet.
    for (const one of new Set(found.incarnations)) {
      if (one !== incarnation && !(await this.#isDead(one))) return null;
    }
    return 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#rounds.map((rounds) => rounds.stop()));
    await this.#telling.settled();
    await this.#local[Symbol.asyncDispose]();
    await this.#entries.removeNode(this.#membership.incarnation);
    await this.#entries[Symbol.asyncDispose]();
  }

  #others(): ReadonlySet<string> {
    const others = new Set(this.#membership.living());
    others.delete(this.#membership.incarnation);
    return others;
  }

  async #ofOthers(filter: { userId?: string; sids?: readonly string[] }): Promise<Connection[]> {
    const others = this.#others();
    if (others.size === 0) return [];
    const found = await this.#find(filter, others);
    return found
      .filter((entry) => others.has(entry.incarnation))
      .map(({ connectionId, sid, userId }) => ({ connectionId, sid, userId }));
  }

  async #find(
    { sids, userId }: { userId?: string; sids?: readonly string[] },
    nodes: ReadonlySet<string>,
  ): Promise<readonly Entry[]> {
    if (userId !== undefined) {
      const wanted = sids === undefined ? null : new Set(sids);
      const found = (await this.#entries.ofUser(userId)) ?? [];
      return wanted === null ? found : found.filter(({ sid }) => wanted.has(sid));
    }
    if (sids !== undefined) return (await this.#entries.ofSids([...new Set(sids)])) ?? [];
    const found = await Promise.all([...nodes].map((node) => this.#entries.ofNode(node)));
    return found.flatMap((entries) => entries ?? []);
  }

  /** Gives up where that is not taken: `#look` or the next connection begins anew. */
  async #tellAll(): Promise<void> {
    const { incarnation } = this.#membership;
    if (!(await this.#entries.beginTelling(incarnation))) return;
    const cleared = await this.#entries.scan(incarnation, (batch) =>
      this.#entries.remove(
        incarnation,
        batch.filter((connection) => !this.#has(connection)),
      ),
    );
    if (!cleared) return;
    const ids = [...this.#local.all.keys()];
    for (let from = 0; from < ids.length; from += batchSize) {
      // As they are now: who has left meanwhile is not told again.
      const batch = ids.slice(from, from + batchSize).flatMap((id) => this.#local.all.get(id) ?? []);
      if (!(await this.#entries.put(incarnation, batch))) return;
    }
    await this.#entries.endTelling(incarnation);
  }

  #has({ connectionId, sid, userId }: Connection): boolean {
    const own = this.#local.all.get(connectionId);
    return own !== undefined && own.sid === sid && own.userId === userId;
  }

  async #look(): Promise<void> {
    if (this.#telling.isWorking) return;
    const count = this.#local.all.size;
    const state = await this.#entries.keepReady(this.#membership.incarnation);
    if (state === null || (state.ready && state.count === count)) return;
    await this.#telling.run();
  }

  async #sweep(): Promise<void> {
    const others = this.#others();
    for (const one of (await this.#entries.nodes()) ?? []) {
      if (one === this.#membership.incarnation || others.has(one) || !(await this.#isDead(one))) continue;
      if (await this.#entries.maySweep(one)) await this.#entries.removeNode(one);
    }
  }

  /** False also where that can't be known now: membership tells the operator that the database is away. */
  async #isDead(incarnation: string): Promise<boolean> {
    if (this.#dead.has(incarnation)) return true;
    try {
      if (!(await this.#membership.isDead(incarnation))) return false;
    } catch {
      return false;
    }
    this.#dead.add(incarnation);
    return true;
  }
}
