/**
 * The database of a simulated cluster, as membership uses it: a table of nodes, locks that are freed with their sessions,
 * and the ways there, which it breaks and restores. The store's calls take the same ways.
 *
 *   up ⇄ down (nothing answers; its start frees all locks)
 */

import type { NodeInfo } from '../../src/cluster/membership.ts';
import type {
  Beat,
  HeardNode,
  Look,
  NodeRegistry,
  NodeState,
  TakeLockOptions,
  TakenLock,
} from '../../src/cluster/node-registry.ts';
import { ConveneError } from '../../src/errors.ts';
import type { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { NodeTable } from './node-table.ts';
import type { SimProcess } from './sim-process.ts';
import type { WireState } from './sim-wire.ts';

/** Membership asks so often that with the store's share of failures it would never be in contact. */
const FAULTS = 0.05;
const END_WITHIN_MS = 1_000;

/** What is done to a node is looked at where it is done. */
export interface DatabaseWatch {
  buried(incarnation: string): void;
  /** This process has asked something. */
  asked(process: SimProcess): void;
}

interface Session {
  readonly process: SimProcess;
  readonly incarnation: string;
  /** Its process believes in it until it is told. */
  readonly broke: () => void;
  isOpen: boolean;
}

export class SimDatabase {
  readonly table: NodeTable;
  readonly leaseMs: number;
  readonly watch: DatabaseWatch;
  readonly #sessions = new Set<Session>();
  /** How the way of each process is apart from the database itself. */
  readonly #ways = new Map<SimProcess, WireState>();
  #isUp = true;

  constructor(world: VirtualClock, leaseMs: number, watch: DatabaseWatch) {
    this.leaseMs = leaseMs;
    this.table = new NodeTable(() => world.monotonic(), leaseMs);
    this.watch = watch;
  }

  /** A process that can reach it from now on. */
  registry(process: SimProcess): NodeRegistry {
    this.#ways.set(process, 'open');
    this.#set(process);
    return new SimRegistry(this, process);
  }

  setWay(process: SimProcess, state: WireState): void {
    this.#ways.set(process, state);
    this.#set(process);
  }

  /** The process is gone, and its connections with it. */
  killed(process: SimProcess): void {
    this.#ways.delete(process);
    // Where nothing passes, the database does not hear of it.
    if (process.wire.state !== 'held') this.#endAll((session) => session.process === process);
  }

  stop(): void {
    this.#isUp = false;
    this.#endAll(() => true);
    for (const process of this.#ways.keys()) this.#set(process);
  }

  start(): void {
    if (this.#isUp) return;
    this.#isUp = true;
    this.table.restart();
    for (const process of this.#ways.keys()) this.#set(process);
  }

  /** Ends the session that holds this node's lock. @param told Its process hears of it at once; else it has to look. */
  breakLock(incarnation: string, told: boolean): void {
    for (const session of [...this.#sessions]) {
      if (session.incarnation !== incarnation) continue;
      this.end(session);
      if (told) session.process.deliver(session.broke);
    }
  }

  begin(session: Session): void {
    if (!session.isOpen || !session.process.alive) return;
    for (const other of [...this.#sessions]) {
      if (other.incarnation !== session.incarnation) continue;
      this.end(other);
      other.process.deliver(other.broke);
    }
    this.#sessions.add(session);
    this.table.lock(session.incarnation, session);
  }

  /** @param given Its process has ended it by itself. */
  end(session: Session, given = false): void {
    session.isOpen = false;
    this.#sessions.delete(session);
    this.table.free(session, given);
  }

  bury(nodes: readonly HeardNode[]): string[] {
    const buried = this.table.bury(nodes);
    for (const incarnation of buried) this.watch.buried(incarnation);
    return buried;
  }

  #endAll(which: (session: Session) => boolean): void {
    for (const session of [...this.#sessions]) {
      if (!which(session)) continue;
      this.end(session);
      session.process.deliver(session.broke);
    }
  }

  #set(process: SimProcess): void {
    const way = this.#ways.get(process) ?? 'open';
    process.wire.set(this.#isUp ? way : 'cut');
    if (process.wire.state === 'cut') this.#endAll((session) => session.process === process);
  }
}

class SimRegistry implements NodeRegistry {
  readonly #database: SimDatabase;
  readonly #process: SimProcess;

  constructor(database: SimDatabase, process: SimProcess) {
    this.#database = database;
    this.#process = process;
  }

  async open(): Promise<void> {}

  async takeLock({ incarnation, onLost, withinMs }: TakeLockOptions): Promise<TakenLock> {
    const lock = new SimLock(this.#database, this.#process, incarnation, onLost);
    try {
      await this.#ask(() => this.#database.begin(lock.session), withinMs);
      return lock.taken();
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  join(node: NodeState, before: string | null): Promise<void> {
    return this.#ask(() => this.#database.table.join(node, before));
  }

  beat(node: NodeState): Promise<Beat> {
    const answer = this.#ask(() => this.#database.table.beat(node));
    this.#process.reached('heartbeat');
    return answer;
  }

  look(): Promise<Look> {
    return this.#ask(() => this.#database.table.look());
  }

  bury(nodes: readonly HeardNode[]): Promise<string[]> {
    return this.#ask(() => this.#database.bury(nodes));
  }

  leave(incarnation: string): Promise<void> {
    return this.#ask(() => this.#database.table.leave(incarnation));
  }

  lives(incarnation: string): Promise<boolean> {
    return this.#ask(() => this.#database.table.lives(incarnation));
  }

  nodes(): Promise<NodeInfo[]> {
    return this.#ask(() => this.#database.table.nodes());
  }

  prune(): Promise<void> {
    return this.#ask(() => this.#database.table.prune());
  }

  async close(): Promise<void> {}

  async #ask<T>(perform: () => T, withinMs = this.#database.leaseMs / 3): Promise<T> {
    try {
      return await this.#process.call(
        async () => {
          this.#database.watch.asked(this.#process);
          return perform();
        },
        withinMs,
        FAULTS,
      );
    } catch (cause) {
      throw new ConveneError('store_unavailable', undefined, { cause });
    }
  }
}

class SimLock implements TakenLock {
  readonly session: Session;
  readonly #database: SimDatabase;
  readonly #process: SimProcess;
  readonly #onLost: () => void;
  #takenAt = 0;
  #state: 'taking' | 'held' | 'broken' | 'released' = 'taking';

  constructor(database: SimDatabase, process: SimProcess, incarnation: string, onLost: () => void) {
    this.#database = database;
    this.#process = process;
    this.#onLost = onLost;
    this.session = { process, incarnation, isOpen: true, broke: () => this.takeForLost() };
  }

  get takenAt(): number {
    return this.#takenAt;
  }

  get held(): boolean {
    return this.#state === 'held';
  }

  /** Throws where it has broken meanwhile. */
  taken(): this {
    if (this.#state !== 'taking') throw new ConveneError('store_unavailable');
    this.#state = 'held';
    this.#takenAt = this.#process.clock.monotonic();
    return this;
  }

  takeForLost(): void {
    const wasHeld = this.held;
    this.#state = 'broken';
    if (!wasHeld) return;
    void this.#end();
    this.#onLost();
  }

  async release(): Promise<void> {
    this.#state = 'released';
    await this.#end();
  }

  async #end(): Promise<void> {
    try {
      await this.#process.call(async () => this.#database.end(this.session, true), END_WITHIN_MS, 0);
    } catch {
      // It is broken already.
    }
  }
}
