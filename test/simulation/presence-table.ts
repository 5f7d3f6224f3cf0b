/** What src/cluster/redis-presence-entries.ts keeps in Redis, in memory: the same keys, each call at once. */
import type { Connection } from '../../src/cluster/presence.ts';
import { type Entry, type OwnState, readyMs, type Viewers } from '../../src/cluster/presence-entries.ts';

interface Ready {
  readonly told: boolean;
  readonly expiresAt: number;
}

const tellingMs = 600_000;
const sweepMs = 30_000;

export class PresenceTable {
  readonly #now: () => number;
  /** By conversation, by user and by node, each by connection id. */
  readonly #bySid = new Hashes();
  readonly #byUser = new Hashes();
  readonly #byNode = new Hashes();
  readonly #ready = new Map<string, Ready>();
  readonly #nodes = new Set<string>();
  readonly #sweeps = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** All is lost. */
  flush(): void {
    for (const all of [this.#bySid, this.#byUser, this.#byNode, this.#ready, this.#nodes, this.#sweeps]) {
      all.clear();
    }
  }

  put(incarnation: string, connections: readonly Connection[], replaced?: Connection): void {
    this.#nodes.add(incarnation);
    if (replaced !== undefined) {
      this.#bySid.delete(replaced.sid, replaced.connectionId);
      this.#byUser.delete(replaced.userId, replaced.connectionId);
    }
    for (const connection of connections) {
      const entry = { ...connection, incarnation };
      this.#bySid.set(connection.sid, entry);
      this.#byUser.set(connection.userId, entry);
      this.#byNode.set(incarnation, entry);
    }
  }

  remove(incarnation: string, connections: readonly Connection[]): void {
    for (const { connectionId, sid, userId } of connections) {
      this.#bySid.delete(sid, connectionId, incarnation);
      this.#byUser.delete(userId, connectionId, incarnation);
      this.#byNode.delete(incarnation, connectionId);
    }
  }

  ofSid(sid: string): Entry[] {
    return this.#bySid.of(sid);
  }

  ofUser(userId: string): Entry[] {
    return this.#byUser.of(userId);
  }

  ofNode(incarnation: string): Entry[] {
    return this.#byNode.of(incarnation);
  }

  viewers(sid: string, nodes: readonly string[]): Viewers {
    return {
      incarnations: this.#bySid.of(sid).map(({ incarnation }) => incarnation),
      complete: nodes.every((incarnation) => this.#readyOf(incarnation)?.told === true),
    };
  }

  beginTelling(incarnation: string): void {
    this.#ready.set(incarnation, { told: false, expiresAt: this.#now() + tellingMs });
  }

  endTelling(incarnation: string): void {
    if (this.#readyOf(incarnation) === null) return;
    this.#ready.set(incarnation, { told: true, expiresAt: this.#now() + readyMs });
  }

  keepReady(incarnation: string): OwnState {
    const ready = this.#readyOf(incarnation);
    if (ready !== null) this.#ready.set(incarnation, { told: ready.told, expiresAt: this.#now() + readyMs });
    return { ready: ready?.told === true, count: this.#byNode.of(incarnation).length };
  }

  nodes(): string[] {
    return [...this.#nodes];
  }

  maySweep(incarnation: string): boolean {
    if ((this.#sweeps.get(incarnation) ?? -Infinity) > this.#now()) return false;
    this.#sweeps.set(incarnation, this.#now() + sweepMs);
    return true;
  }

  removeNode(incarnation: string): void {
    this.remove(incarnation, this.ofNode(incarnation));
    this.#ready.delete(incarnation);
    this.#nodes.delete(incarnation);
  }

  #readyOf(incarnation: string): Ready | null {
    const ready = this.#ready.get(incarnation);
    return ready === undefined || ready.expiresAt <= this.#now() ? null : ready;
  }
}

/** Entries by connection id, under many keys. */
class Hashes {
  readonly #all = new Map<string, Map<string, Entry>>();

  of(key: string): Entry[] {
    return [...(this.#all.get(key)?.values() ?? [])];
  }

  set(key: string, entry: Entry): void {
    const entries = this.#all.get(key) ?? new Map<string, Entry>();
    this.#all.set(key, entries.set(entry.connectionId, entry));
  }

  /** @param incarnation Only where it is this one's. */
  delete(key: string, connectionId: string, incarnation?: string): void {
    const entries = this.#all.get(key);
    if (incarnation !== undefined && entries?.get(connectionId)?.incarnation !== incarnation) return;
    entries?.delete(connectionId);
  }

  clear(): void {
    this.#all.clear();
  }
}
