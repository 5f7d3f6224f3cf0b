/** A run of a schedule on several nodes: the real manager, membership, presence, feed and loop on each. */
import { MemoryEventCore } from '../../src/store/memory-event-core.ts';
import { MemoryEventStore } from '../../src/store/memory-event-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { checkAtRest } from './checks.ts';
import { ClusterNode, type ClusterParts } from './cluster-node.ts';
import type { ClusterSchedule, ClusterStep } from './cluster-schedule.ts';
import { ClusterWatch, type Viewer } from './cluster-watch.ts';
import { noFaults } from './faults.ts';
import { History } from './history.ts';
import { SimClient } from './sim-client.ts';
import { SimDatabase } from './sim-database.ts';
import { SimRedis } from './sim-redis.ts';
import { act, begin } from './user-acts.ts';

const LEASE_MS = 3_000;
/** Longest until all is at rest, once nothing fails any more. */
const REST_MS = 40_000;
/** So long it must stay at rest. */
const STILL_MS = 1_500;
const MAX_TIMERS = 200_000;

/** Runs a schedule to its rest and answers what was violated. */
export async function runClusterSchedule(schedule: ClusterSchedule): Promise<readonly string[]> {
  const run = new ClusterRun(schedule);
  try {
    await run.all();
  } catch (error) {
    run.history.violation('errors', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return run.history.violations;
}

class ClusterRun {
  readonly history: History;
  readonly #schedule: ClusterSchedule;
  readonly #world: VirtualClock;
  readonly #parts: ClusterParts;
  readonly #nodes: readonly ClusterNode[];
  readonly #clients: readonly SimClient[];
  /** The node that each client prefers. */
  readonly #homes = [0, 1, 2];
  #count = 0;

  constructor(schedule: ClusterSchedule) {
    this.#schedule = schedule;
    this.#world = new VirtualClock(schedule.seed, { maxTimers: MAX_TIMERS });
    const core = new MemoryEventCore();
    this.history = new History(core);
    // Another node hears of a pause a little later than the one that has acknowledged it.
    this.history.immediate = false;
    this.history.limit = schedule.limit;
    const { slow, storeDelayMs } = schedule.faults;
    const watch = new ClusterWatch({
      history: this.history,
      table: () => this.#parts.database.table,
      viewers: () => this.#viewers(),
      lookMs: slow > 0 ? Infinity : 4 * storeDelayMs,
    });
    this.#parts = {
      schedule,
      world: this.#world,
      history: this.history,
      store: new MemoryEventStore(core),
      database: new SimDatabase(this.#world, LEASE_MS, watch),
      redis: new SimRedis(this.#world),
      watch,
      faults: schedule.faults,
      onEnd: (node) => {
        for (const client of this.#clients) if (client.server === node.server) client.drop();
      },
    };
    this.#nodes = Array.from({ length: schedule.nodes }, (_, index) => new ClusterNode(index, this.#parts));
    this.#clients = this.#homes.map(
      (_, index) => new SimClient(`client ${index}`, () => this.#serverOf(index)),
    );
  }

  async all(): Promise<void> {
    await this.#parts.store.open();
    for (const node of this.#nodes) node.boot();
    await this.#world.advance(100);
    for (const one of this.#schedule.steps) {
      await this.#world.advance(one.after);
      begin(this.history, () => this.#step(one));
    }
    await this.#world.advance(500);
    this.#heal();
    const limit = this.#world.monotonic() + REST_MS;
    do {
      await this.#world.until(() => this.#isAtRest(), REST_MS);
      await this.#world.advance(STILL_MS);
    } while (!this.#isAtRest() && this.#world.monotonic() < limit);
    this.#checkMembers();
    checkAtRest(this.history, this.#clients, this.#schedule.confirmationMode);
    for (const node of this.#nodes) node.kill();
  }

  /** From here on nothing fails any more, and everything must come to rest. */
  #heal(): void {
    const lost = this.#schedule.faults.hints === null ? null : { lost: 1, repeated: 0, delayMs: 0 };
    this.#parts.faults = { ...noFaults, hints: lost, timeoutMs: 4_000 };
    this.#parts.database.start();
    for (const node of this.#nodes) node.heal();
    for (const client of this.#clients) {
      if (client.sid !== null) begin(this.history, () => client.join(client.sid ?? ''));
    }
  }

  #isAtRest(): boolean {
    const { core } = this.history;
    return (
      this.#nodes.every((node) => node.server?.membership.holdsLease() && !node.isEnding) &&
      this.#nodes.every((node) => node.server?.membership.living().length === this.#nodes.length) &&
      this.#clients.every((client) => {
        if (client.isSending) return false;
        return (
          client.sid === null || (client.joined && client.cursor === core.conversation(client.sid)?.head)
        );
      }) &&
      [...this.history.sids].every((sid) => this.#rests(sid))
    );
  }

  #rests(sid: string): boolean {
    const record = this.history.core.conversation(sid);
    if (record === null) return false;
    if (record.desired === 'waiting') return this.history.core.running('', 2).length === this.history.limit;
    if (record.due || record.executing !== null) return false;
    return record.desired === 'stopped' ? record.agentState === 'stopped' : record.agentState !== 'running';
  }

  /** All nodes are members, and know each other. */
  #checkMembers(): void {
    const expected = this.#nodes.map((node) => node.server?.membership.incarnation ?? 'none').sort();
    for (const node of this.#nodes) {
      const membership = node.server?.membership;
      const known = [...(membership?.living() ?? [])].sort();
      if (!membership?.holdsLease() || known.join() !== expected.join()) {
        this.history.violation('membership', `${node.name} knows ${known}, all are ${expected}`);
      }
    }
  }

  #serverOf(client: number): ClusterNode['server'] {
    const home = this.#homes[client] ?? 0;
    const order = this.#nodes.map((_, index) => this.#nodes[(home + index) % this.#nodes.length]);
    return order.find((node) => node?.isOpen)?.server ?? null;
  }

  #viewers(): Viewer[] {
    return this.#clients.flatMap(({ joinedAt, name, server, sid }) => {
      const at = this.#nodes.find((node) => node.server !== null && node.server === server)?.server;
      return at === undefined || at === null || sid === null ? [] : [{ name, sid, at, since: joinedAt }];
    });
  }

  #ownerOf(sid: string): ClusterNode | null {
    const owner = this.history.core.conversation(sid)?.owner ?? null;
    return this.#nodes.find(({ server }) => server?.membership.incarnation === owner) ?? null;
  }

  async #close(server: ClusterNode['server'], sid: string): Promise<void> {
    if (server !== null) await this.#parts.watch.closing(server, sid, () => server.manager.closeSession(sid));
  }

  /** A lock is free twice, and another node sees that and nothing of what is between. */
  #breakLockUnseen(index: number, gapMs: number): void {
    const node = this.#nodes[index % this.#nodes.length];
    const other = this.#nodes[(index + 1) % this.#nodes.length];
    node?.breakLock(true);
    this.#world.after(150, () => other?.pause(gapMs, false));
    this.#world.after(150 + gapMs - 5, () => node?.breakLock(true));
  }

  async #step(one: ClusterStep): Promise<void> {
    const client = this.#clients[one.client];
    const node = this.#nodes[one.node % this.#nodes.length];
    if (client === undefined || node === undefined) return;
    const { lastsMs } = one;
    const sid = `conversation${one.conversation}`;
    const { database, redis } = this.#parts;
    switch (one.do) {
      case 'crash':
        return node.crash(lastsMs);
      case 'restart':
        return node.restart(lastsMs);
      case 'freeze':
        return node.pause(lastsMs, false);
      case 'freeze owner':
        return this.#ownerOf(sid)?.pause(lastsMs, false);
      case 'freeze at effect':
        return node.pauseAt('runtime', LEASE_MS + lastsMs);
      case 'freeze at heartbeat':
        return node.pauseAt('heartbeat', LEASE_MS + lastsMs);
      case 'sleep without lock':
        node.breakLock(true);
        return node.pause(450 + (lastsMs % 1_200), this.#schedule.sleeps);
      case 'close by another': {
        const owner = this.#ownerOf(sid);
        owner?.pause(1_000 + lastsMs, false);
        return this.#close(this.#nodes.find((each) => each.isOpen && each !== owner)?.server ?? null, sid);
      }
      case 'close and cut': {
        const owner = this.#ownerOf(sid);
        this.#world.after(one.pick, () => owner?.setDatabase('cut', lastsMs % 200));
        return this.#close(owner?.server ?? null, sid);
      }
      case 'start and restart':
        begin(this.history, async () => {
          await node.server?.manager.maybeStartAgentLoop(sid, null, '');
        });
        this.#world.after(one.pick, () => begin(this.history, () => node.restart(lastsMs)));
        return;
      case 'sleep':
        return node.pause(lastsMs, this.#schedule.sleeps);
      case 'cut database':
        return node.setDatabase('cut', lastsMs);
      case 'hold database':
        return node.setDatabase('held', lastsMs);
      case 'cut redis':
        return node.cutRedis(lastsMs);
      case 'break lock':
        return node.breakLock(true);
      case 'lose lock':
        return node.breakLock(false);
      case 'break lock unseen':
        return this.#breakLockUnseen(one.node, 700 + one.pick * 10);
      case 'step wall clock':
        if (!this.#schedule.sleeps) node.server?.process.stepWall((one.pick - 50) * 60_000);
        return;
      case 'rolling restart':
        for (const each of this.#nodes) await each.restart(100);
        return;
      case 'restart database':
        database.stop();
        this.#world.after(lastsMs, () => database.start());
        return;
      case 'flush redis':
        redis.presence.flush();
        if (one.pick % 2 === 0) node.cutRedis(lastsMs);
        return;
      case 'wait':
        return;
      case 'leave':
      case 'join':
        // It comes back by another way.
        this.#homes[one.client] = one.node;
    }
    const server = this.#serverOf(one.client);
    return act(
      { do: one.do, pick: one.pick },
      {
        sid,
        client,
        server,
        close: () => this.#close(server, sid),
        actionId: `act-${this.#count++}.`,
      },
    );
  }
}
