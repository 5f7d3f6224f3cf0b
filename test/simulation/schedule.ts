/**
 * One simulated schedule: what users do and when, what fails, and a run of it on the real manager, feed and loop.
 * Everything follows from the schedule, its seed included, so that a failing one replays exactly.
 */
import fc from 'fast-check';
import { AgentRegistry } from '../../src/agent/agent-registry.ts';
import { SoleMembership } from '../../src/cluster/membership.ts';
import { LocalPresence } from '../../src/cluster/presence.ts';
import { ConveneError } from '../../src/errors.ts';
import { CoreConversationManager } from '../../src/manager/core-manager.ts';
import { MemoryEventCore } from '../../src/store/memory-event-core.ts';
import { MemoryEventStore } from '../../src/store/memory-event-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { checkAtRest } from './checks.ts';
import { type Faults, noFaults } from './faults.ts';
import { History } from './history.ts';
import { simAgent } from './sim-agent.ts';
import { SimClient, type SimServer } from './sim-client.ts';
import { SimProcess } from './sim-process.ts';
import { simRuntimes } from './sim-runtime.ts';
import { act, begin, userOperations, userWeights } from './user-acts.ts';

const operations = [...userOperations, 'crash', 'restart', 'step wall clock', 'wait'] as const;

export interface Step {
  /** After the step before, in ms. */
  readonly after: number;
  readonly do: (typeof operations)[number];
  readonly conversation: number;
  readonly client: number;
  readonly pick: number;
}

export interface Schedule {
  readonly seed: number;
  readonly faults: Faults;
  readonly confirmationMode: boolean;
  readonly closeDelayMs: number;
  readonly limit: number | null;
  readonly steps: readonly Step[];
}

const rate = (max: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constant(0), fc.double({ min: 0, max, noNaN: true }));

const weights: Record<(typeof operations)[number], number> = {
  ...userWeights,
  crash: 3,
  restart: 1,
  'step wall clock': 1,
  wait: 1,
};

const step: fc.Arbitrary<Step> = fc.record({
  after: fc.oneof(fc.nat(30), fc.nat(600)),
  do: fc.oneof(...operations.map((name) => ({ arbitrary: fc.constant(name), weight: weights[name] }))),
  conversation: fc.nat(1),
  client: fc.nat(2),
  pick: fc.nat(99),
});

export const schedules: fc.Arbitrary<Schedule> = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  faults: fc.record({
    storeDelayMs: fc.constantFrom(0, 2, 40),
    unavailable: rate(0.15),
    unanswered: rate(0.15),
    slow: rate(0.05),
    hints: fc.oneof(
      fc.constant(null),
      fc.record({ lost: rate(0.7), repeated: rate(0.5), delayMs: fc.constantFrom(0, 20, 800) }),
    ),
    full: rate(0.3),
    flown: rate(0.5),
  }),
  confirmationMode: fc.oneof(
    { arbitrary: fc.constant(false), weight: 3 },
    { arbitrary: fc.constant(true), weight: 1 },
  ),
  closeDelayMs: fc.constantFrom(0, 0, 1_500),
  limit: fc.constantFrom(null, null, 1),
  steps: fc.array(step, { minLength: 3, maxLength: 24 }),
});

const KEY = new Uint8Array(32);
const REST_MS = 40_000;
const MAX_TIMERS = 50_000;

/** Runs a schedule to its rest and answers what was violated. */
export async function runSchedule(schedule: Schedule): Promise<readonly string[]> {
  const run = new Run(schedule);
  try {
    await run.all();
  } catch (error) {
    run.history.violation('errors', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return run.history.violations;
}

class Run {
  readonly history: History;
  readonly #schedule: Schedule;
  readonly #world: VirtualClock;
  readonly #core = new MemoryEventCore();
  readonly #store: MemoryEventStore;
  readonly #clients: SimClient[];
  #server: SimServer | null = null;
  #faults: Faults;
  #count = 0;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
    this.#world = new VirtualClock(schedule.seed, { maxTimers: MAX_TIMERS });
    this.#store = new MemoryEventStore(this.#core);
    this.history = new History(this.#core);
    this.history.immediate = schedule.faults.hints === null;
    this.history.limit = schedule.limit;
    this.#faults = schedule.faults;
    this.#clients = [0, 1, 2].map((index) => new SimClient(`client ${index}`, () => this.#server));
  }

  async all(): Promise<void> {
    await this.#store.open();
    this.#boot();
    for (const one of this.#schedule.steps) {
      await this.#world.advance(one.after);
      begin(this.history, () => this.#step(one));
    }
    await this.#world.advance(500);
    // From here on nothing fails any more, and everything must come to rest.
    this.#faults = noFaults;
    if (this.#server === null) this.#boot();
    if (this.#server !== null)
      this.#server.process.faults = {
        ...noFaults,
        hints: this.#schedule.faults.hints === null ? null : noHints,
      };
    for (const client of this.#clients) {
      if (client.sid !== null) begin(this.history, () => client.join(client.sid ?? ''));
    }
    await this.#world.advance(REST_MS);
    checkAtRest(this.history, this.#clients, this.#schedule.confirmationMode);
    this.#server?.process.kill();
  }

  #boot(): void {
    const process = new SimProcess(this.#world, this.history, this.#faults);
    const { clock } = process;
    const schedule = this.#schedule;
    const manager = new CoreConversationManager(
      {
        store: process.store(this.#store),
        bus: process.bus(),
        membership: new SoleMembership(clock),
        presence: new LocalPresence(),
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
        snapshotEvery: 4,
        onError: (error, what) => {
          if (process.alive && !(error instanceof ConveneError)) {
            this.history.violation(
              'errors',
              `${what}: ${error instanceof Error ? error.stack : String(error)}`,
            );
          }
        },
      },
    );
    this.#server = { process, manager };
    begin(this.history, () => this.#start(process, manager));
  }

  /** A server that can't start tries again, as whatever runs it would. */
  async #start(process: SimProcess, manager: CoreConversationManager): Promise<void> {
    try {
      await manager.start();
    } catch (error) {
      if (!(error instanceof ConveneError) || this.#server?.process !== process) throw error;
      this.#crash();
      this.#world.after(50, () => {
        if (this.#server === null) this.#boot();
      });
    }
  }

  #crash(): void {
    this.#server?.process.kill();
    this.#server = null;
    for (const client of this.#clients) client.drop();
  }

  async #step(one: Step): Promise<void> {
    const sid = `conversation${one.conversation}`;
    const client = this.#clients[one.client];
    if (client === undefined) return;
    switch (one.do) {
      case 'crash':
        this.#crash();
        this.#world.after(one.pick * 3, () => {
          if (this.#server === null) this.#boot();
        });
        return;
      case 'restart':
        return this.#restart();
      case 'step wall clock':
        this.#world.stepWall((one.pick - 50) * 60_000);
        return;
      case 'wait':
        return;
      default:
        return act(
          { do: one.do, pick: one.pick },
          {
            sid,
            client,
            server: this.#server,
            close: ({ manager }) => manager.closeSession(sid),
            actionId: `act-${this.#count++}.`,
          },
        );
    }
  }

  /** A shutdown as SIGTERM causes it, and a new start. */
  async #restart(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    for (const client of this.#clients) client.drop();
    await server.manager[Symbol.asyncDispose]();
    server.process.kill();
    if (this.#server === null) this.#boot();
  }
}

const noHints = { lost: 1, repeated: 0, delayMs: 0 };
