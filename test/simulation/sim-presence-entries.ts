/** The way of one process to the presence that all share. What is asked while it is cut off has no answer. */
import type { Connection } from '../../src/cluster/presence.ts';
import type { Entry, OwnState, PresenceEntries, Viewers } from '../../src/cluster/presence-entries.ts';
import type { PresenceTable } from './presence-table.ts';
import type { SimProcess } from './sim-process.ts';
import type { SimRedis } from './sim-redis.ts';

const WAY_MS = 2;

export class SimPresenceEntries implements PresenceEntries {
  readonly #redis: SimRedis;
  readonly #process: SimProcess;
  #unlisten: () => void = () => {};

  constructor(redis: SimRedis, process: SimProcess) {
    this.#redis = redis;
    this.#process = process;
  }

  async start(onConnected: () => void): Promise<void> {
    this.#unlisten = this.#redis.whenConnected(this.#process, onConnected);
    if (!this.#redis.isCut(this.#process)) onConnected();
  }

  put(incarnation: string, connections: readonly Connection[], replaced?: Connection): Promise<boolean> {
    if (connections.length === 0) return Promise.resolve(true);
    return this.#tell((table) => table.put(incarnation, connections, replaced));
  }

  remove(incarnation: string, connections: readonly Connection[]): Promise<boolean> {
    if (connections.length === 0) return Promise.resolve(true);
    return this.#tell((table) => table.remove(incarnation, connections));
  }

  async scan(
    incarnation: string,
    take: (batch: readonly Connection[]) => boolean | Promise<boolean>,
  ): Promise<boolean> {
    const entries = await this.ofNode(incarnation);
    return entries !== null && (await take(entries));
  }

  ofUser(userId: string): Promise<Entry[] | null> {
    return this.#ask((table) => table.ofUser(userId));
  }

  ofSids(sids: readonly string[]): Promise<Entry[] | null> {
    return this.#ask((table) => sids.flatMap((sid) => table.ofSid(sid)));
  }

  ofNode(incarnation: string): Promise<Entry[] | null> {
    return this.#ask((table) => table.ofNode(incarnation));
  }

  viewers(sid: string, nodes: readonly string[]): Promise<Viewers | null> {
    return this.#ask((table) => table.viewers(sid, nodes));
  }

  beginTelling(incarnation: string): Promise<boolean> {
    return this.#tell((table) => table.beginTelling(incarnation));
  }

  async endTelling(incarnation: string): Promise<void> {
    await this.#tell((table) => table.endTelling(incarnation));
  }

  keepReady(incarnation: string): Promise<OwnState | null> {
    return this.#ask((table) => table.keepReady(incarnation));
  }

  nodes(): Promise<string[] | null> {
    return this.#ask((table) => table.nodes());
  }

  async maySweep(incarnation: string): Promise<boolean> {
    return (await this.#ask((table) => table.maySweep(incarnation))) ?? false;
  }

  async removeNode(incarnation: string): Promise<void> {
    await this.#tell((table) => table.removeNode(incarnation));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unlisten();
  }

  async #tell(change: (table: PresenceTable) => void): Promise<boolean> {
    const done = await this.#ask((table) => {
      change(table);
      return true;
    });
    return done ?? false;
  }

  /** Each way takes its time, and may be cut by then. */
  #ask<T>(look: (table: PresenceTable) => T): Promise<T | null> {
    const { world } = this.#process;
    return new Promise((resolve) => {
      const back = (found: T | null): void => {
        world.after(world.random() * WAY_MS, () =>
          this.#process.deliver(() => resolve(this.#isCut() ? null : found)),
        );
      };
      world.after(world.random() * WAY_MS, () => back(this.#isCut() ? null : look(this.#redis.presence)));
    });
  }

  #isCut(): boolean {
    return this.#redis.isCut(this.#process);
  }
}
