/**
 * A place where a server process of the cluster runs, one after another.
 *
 *   down ──boot──▶ up ──crash──▶ down
 *                  up ──restart──▶ ending ──(its manager has been disposed of)──▶ down
 */
import { AgentRegistry } from '../../src/agent/agent-registry.ts';
import { LeasedMembership } from '../../src/cluster/leased-membership.ts';
import { SharedPresence } from '../../src/cluster/shared-presence.ts';
import { ConveneError } from '../../src/errors.ts';
import { CoreConversationManager } from '../../src/manager/core-manager.ts';
import type { MemoryEventStore } from '../../src/store/memory-event-store.ts';
import type { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { ClusterSchedule } from './cluster-schedule.ts';
import type { ClusterWatch, Watched } from './cluster-watch.ts';
import type { Faults } from './faults.ts';
import type { History } from './history.ts';
import { simAgent } from './sim-agent.ts';
import type { SimServer } from './sim-client.ts';
import type { SimDatabase } from './sim-database.ts';
import { SimPresenceEntries } from './sim-presence-entries.ts';
import { type Moment, SimProcess } from './sim-process.ts';
import type { SimRedis } from './sim-redis.ts';
import { simRuntimes } from './sim-runtime.ts';
import { begin } from './user-acts.ts';

/** What all nodes share. */
export interface ClusterParts {
  readonly schedule: ClusterSchedule;
  readonly world: VirtualClock;
  readonly history: History;
  readonly store: MemoryEventStore;
  readonly database: SimDatabase;
  readonly redis: SimRedis;
  readonly watch: ClusterWatch;
  faults: Faults;
  /** A process takes no more clients. */
  readonly onEnd: (node: ClusterNode) => void;
}

type Server = SimServer & Watched;

const KEY = new Uint8Array(32);
const RECONCILE_MS = 1_000;
const START_AGAIN_MS = 50;
/** So long a process is looked at after its manager was disposed of. */
const AFTER_END_MS = 3_000;

export class ClusterNode {
  readonly name: string;
  readonly #parts: ClusterParts;
  #server: Server | null = null;
  #isEnding = false;

  constructor(index: number, parts: ClusterParts) {
    this.name = `node ${index}`;
    this.#parts = parts;
  }

  get server(): Server | null {
    return this.#server;
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Whether clients come here. */
  get isOpen(): boolean {
    return this.#server !== null && !this.#isEnding;
  }

  boot(): void {
    if (this.#server !== null) return;
    const server = this.#make();
    this.#server = server;
    this.#isEnding = false;
    this.#parts.watch.add(server);
    begin(this.#parts.history, () => this.#start(server));
  }

  crash(downMs: number): void {
    if (this.#server === null) return;
    this.kill();
    this.#parts.world.after(downMs, () => this.boot());
  }

  kill(): void {
    const server = this.#server;
    if (server === null) return;
    this.#parts.onEnd(this);
    this.#end(server);
    this.#server = null;
  }

  /** A shutdown as SIGTERM causes it, and a new start. */
  async restart(downMs: number): Promise<void> {
    const server = this.#server;
    if (server === null || this.#isEnding) return;
    this.#parts.onEnd(this);
    this.#isEnding = true;
    server.isDraining = true;
    await server.manager[Symbol.asyncDispose]();
    server.isDisposed = true;
    if (server.process.wire.changes === 0) this.#parts.watch.drained(server);
    this.#parts.world.after(AFTER_END_MS, () => this.#end(server));
    if (this.#server !== server) return;
    this.#server = null;
    this.#parts.world.after(downMs, () => this.boot());
  }

  pause(lastsMs: number, asleep: boolean): void {
    const { world } = this.#parts;
    const process = this.#server?.process;
    if (process === undefined || process.paused) return;
    process.pause(asleep);
    world.after(lastsMs, () => process.wake());
  }

  /** When it comes to that for the next time. */
  pauseAt(moment: Moment, lastsMs: number): void {
    const process = this.#server?.process;
    process?.moments.set(moment, () => {
      if (this.#server?.process === process) this.pause(lastsMs, false);
    });
  }

  setDatabase(way: 'cut' | 'held', lastsMs: number): void {
    const { database, world } = this.#parts;
    const process = this.#server?.process;
    if (process === undefined || (process.paused && way === 'cut')) return;
    database.setWay(process, way);
    world.after(lastsMs, () => database.setWay(process, 'open'));
  }

  cutRedis(lastsMs: number): void {
    const { redis, world } = this.#parts;
    const process = this.#server?.process;
    if (process === undefined) return;
    redis.setCut(process, true);
    world.after(lastsMs, () => redis.setCut(process, false));
  }

  /** @param told Whether the process hears of it. */
  breakLock(told: boolean): void {
    const server = this.#server;
    if (server === null) return;
    this.#parts.database.breakLock(server.membership.incarnation, told);
  }

  /** Nothing fails here any more. */
  heal(): void {
    const { redis, database, faults } = this.#parts;
    this.boot();
    const process = this.#server?.process;
    if (process === undefined) return;
    process.faults = faults;
    process.moments.clear();
    process.wake();
    database.setWay(process, 'open');
    redis.setCut(process, false);
  }

  #make(): Server {
    const { redis, database, faults, history, schedule, store, world } = this.#parts;
    const process = new SimProcess(world, history, faults);
    const { clock } = process;
    const onError = (error: unknown, what: string): void => {
      if (process.alive && !(error instanceof ConveneError)) {
        history.violation('errors', `${what}: ${error instanceof Error ? error.stack : String(error)}`);
      }
    };
    const membership = new LeasedMembership({
      registry: database.registry(process),
      clock,
      nodeUrl: () => null,
      leaseMs: database.leaseMs,
      onWarning: () => {},
      onError: (error) => onError(error, 'membership'),
    });
    const manager = new CoreConversationManager(
      {
        store: process.store(store),
        bus: redis.bus(process),
        membership,
        presence: new SharedPresence({ entries: new SimPresenceEntries(redis, process), membership, clock }),
        runtimes: simRuntimes(process),
        clock,
      },
      {
        agents: new AgentRegistry('SimAgent', [
          ['SimAgent', { needsLlm: false, create: ({ sid }) => simAgent(process, sid) }],
        ]),
        sealingKey: KEY,
        defaults: { maxIterations: 100, maxBudget: null, confirmationMode: schedule.confirmationMode },
        maxConversationsPerUser: schedule.limit,
        closeDelayMs: schedule.closeDelayMs,
        drainGraceMs: 200,
        reconcileMs: RECONCILE_MS,
        snapshotEvery: 4,
        onError,
      },
    );
    return { name: this.name, process, membership, manager, isDraining: false, isDisposed: false };
  }

  /** A server that can't start tries again, as whatever runs it would. */
  async #start(server: Server): Promise<void> {
    try {
      await server.manager.start();
    } catch (error) {
      if (!(error instanceof ConveneError) || this.#server !== server) throw error;
      this.crash(START_AGAIN_MS);
    }
  }

  /** Its process is gone. */
  #end(server: Server): void {
    const { redis, database, watch } = this.#parts;
    server.process.kill();
    database.killed(server.process);
    redis.leave(server.process);
    watch.remove(server);
  }
}
