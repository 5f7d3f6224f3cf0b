/**
 * A simulated server process: its clock, its way to the store and its bus.
 *
 *   alive ⇄ paused (what comes waits until it wakes) ──kill──▶ dead (nothing of it runs any more)
 *
 * What it had sent to the store is carried out in any state.
 */
import type { Cancel, Clock } from '../../src/clock.ts';
import type { Bus, BusListener, Frame, Hint, Note } from '../../src/cluster/bus.ts';
import { LocalBus } from '../../src/cluster/bus.ts';
import { ConveneError } from '../../src/errors.ts';
import type {
  AppendRequest,
  AppendResult,
  ClaimResult,
  ConversationRecord,
  EventStore,
} from '../../src/store/event-store.ts';
import type { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { Faults } from './faults.ts';
import type { History } from './history.ts';
import { SimWire } from './sim-wire.ts';

/** Who looks at each act of a process, where there are several. */
export interface ProcessWatch {
  /** It asks the store for something that only an owner may, or that makes it one. */
  begins(act: string): void;
  appended(request: AppendRequest, result: AppendResult): void;
  claimed(sid: string, before: ConversationRecord | null, result: ClaimResult): void;
  /** It asks the agent for a step. */
  steps(sid: string): void;
  /** It carries a command out. Answers whether it may do so though the store names another one by now. */
  executes(sid: string): boolean;
}

/** A runtime begins to open; a heartbeat is on its way. */
export type Moment = 'runtime' | 'heartbeat';

interface Waiting {
  readonly task: () => void;
  readonly isTimer: boolean;
}

export class SimProcess {
  readonly world: VirtualClock;
  readonly history: History;
  readonly clock: Clock;
  /** The way to the store. */
  readonly wire: SimWire;
  faults: Faults;
  /** Those that it began with: they may have cost it an answer, though nothing fails any more. */
  readonly firstFaults: Faults;
  alive = true;
  watch: ProcessWatch | null = null;
  /** What happens when it comes to something for the next time. */
  readonly moments = new Map<Moment, () => void>();
  /** What waits for the process to wake. */
  #waiting: Waiting[] = [];
  #pausedAt: number | null = null;
  #isAsleep = false;
  /** How long the monotonic clock has stood still. */
  #stoodStill = 0;
  #wallOffset = 0;

  constructor(world: VirtualClock, history: History, faults: Faults) {
    this.world = world;
    this.history = history;
    this.faults = faults;
    this.firstFaults = faults;
    this.wire = new SimWire((task) => world.after(0, task));
    this.clock = {
      now: () => world.now() + this.#wallOffset,
      monotonic: () => this.#monotonic() + (this.chance(this.faults.flown) ? 10 : 0),
      after: (delayMs, task) => this.after(delayMs, task),
      id: () => world.id(),
    };
  }

  kill(): void {
    this.alive = false;
  }

  get paused(): boolean {
    return this.#pausedAt !== null;
  }

  /** @param asleep The whole machine is: its monotonic clock stands still meanwhile. */
  pause(asleep: boolean): void {
    this.#pausedAt ??= this.world.monotonic();
    this.#isAsleep = asleep;
  }

  /** Meets what has come meanwhile, each in a turn of its own. */
  wake(): void {
    if (this.#pausedAt === null) return;
    if (this.#isAsleep) this.#stoodStill += this.world.monotonic() - this.#pausedAt;
    this.#pausedAt = null;
    const waiting = this.#waiting.splice(0);
    const timersFirst = this.world.random() < 0.5;
    if (timersFirst) waiting.sort((one, other) => Number(other.isTimer) - Number(one.isTimer));
    for (const { isTimer, task } of waiting) this.world.after(0, () => this.deliver(task, isTimer));
  }

  stepWall(ms: number): void {
    this.#wallOffset += ms;
  }

  /** Calls `task` later, if the process still lives then. */
  after(delayMs: number, task: () => void): Cancel {
    let isCancelled = false;
    const timer = (): void => {
      if (!isCancelled) task();
    };
    const cancel = this.world.after(delayMs, () => this.deliver(timer, true));
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  /** Something comes to the process from outside. */
  deliver(task: () => void, isTimer = false): void {
    if (!this.alive) return;
    if (this.paused) this.#waiting.push({ task, isTimer });
    else task();
  }

  reached(moment: Moment): void {
    const task = this.moments.get(moment);
    this.moments.delete(moment);
    task?.();
  }

  chance(share: number): boolean {
    return share > 0 && this.world.random() < share;
  }

  /** The store as this process reaches it. */
  store(real: EventStore): EventStore {
    const { core } = this.history;
    const call = <T>(perform: () => Promise<T>): Promise<T> => this.call(perform);
    return {
      open: () => real.open(),
      append: (request) => {
        if (request.epoch !== undefined) this.watch?.begins(`an append to ${request.sid}`);
        return call(async () => {
          // Nothing comes between these two: the memory store carries out a call when it is made.
          const before = core.conversation(request.sid);
          const result = await real.append(request);
          this.history.appended(request, before, result);
          this.watch?.appended(request, result);
          return result;
        });
      },
      claim: (sid, incarnation, dead) => {
        this.watch?.begins(`a claim of ${sid}`);
        return call(async () => {
          const before = core.conversation(sid);
          const result = await real.claim(sid, incarnation, dead);
          this.watch?.claimed(sid, before, result);
          return result;
        });
      },
      release: (sid, epoch) => call(() => real.release(sid, epoch)),
      markExecuting: (sid, epoch, id) => call(() => real.markExecuting(sid, epoch, id)),
      conversation: (sid) => call(() => real.conversation(sid)),
      list: (query) => call(() => real.list(query)),
      rename: (sid, title) => call(() => real.rename(sid, title)),
      remove: (sid) => call(() => real.remove(sid)),
      events: (query) => call(() => real.events(query)),
      newest: (sid, kind, upTo) => call(() => real.newest(sid, kind, upTo)),
      heads: (sids) => call(() => real.heads(sids)),
      searchLag: () => call(() => real.searchLag()),
      due: (query) => call(() => real.due(query)),
      waiting: (userId, limit) => call(() => real.waiting(userId, limit)),
      waitingUsers: (after, limit) => call(() => real.waitingUsers(after, limit)),
      owned: (query) => call(() => real.owned(query)),
      running: (userId, limit) => call(() => real.running(userId, limit)),
      saveSnapshot: (snapshot) => call(() => real.saveSnapshot(snapshot)),
      loadSnapshot: (sid, version) => call(() => real.loadSnapshot(sid, version)),
      [Symbol.asyncDispose]: async () => {},
    };
  }

  bus(): Bus {
    return this.faults.hints === null ? new LocalBus() : new LossyBus(this);
  }

  /**
   * To the store and back, each way with its delay; either may fail.
   * @param rate Of the faults: a call that is made often fails less often.
   */
  call<T>(perform: () => Promise<T>, timeoutMs = this.faults.timeoutMs, rate = 1): Promise<T> {
    const { slow, storeDelayMs, unanswered: unansweredShare, unavailable } = this.faults;
    return new Promise((resolve, reject) => {
      const way = (): number =>
        this.chance(slow * rate) ? this.world.random() * 3_000 : this.world.random() * storeDelayMs;
      const failed = (): void => reject(new ConveneError('store_unavailable'));
      const unknown = (): void => reject(new ConveneError('outcome_unknown'));
      const fails = this.chance(unavailable * rate);
      const cancel = timeoutMs === undefined ? () => {} : this.after(timeoutMs, unknown);
      const back = (settle: () => void): void => {
        const arrive = (task: () => void) => (): void =>
          this.deliver(() => {
            cancel();
            task();
          });
        this.world.after(way(), () => this.wire.cross(arrive(settle), arrive(unknown)));
      };
      // On its way it does not need the process any more.
      this.world.after(way(), () =>
        this.wire.cross(
          () => {
            if (fails) return back(failed);
            const unanswered = this.chance(unansweredShare * rate);
            perform().then(
              (value) => back(() => (unanswered ? unknown() : resolve(value))),
              (error: unknown) => back(() => reject(error)),
            );
          },
          () => this.deliver(failed),
        ),
      );
    });
  }

  #monotonic(): number {
    const now = this.#isAsleep && this.#pausedAt !== null ? this.#pausedAt : this.world.monotonic();
    return now - this.#stoodStill;
  }
}

class LossyBus implements Bus {
  readonly reliable = false;
  readonly #local = new LocalBus();
  readonly #process: SimProcess;

  constructor(process: SimProcess) {
    this.#process = process;
  }

  publish(hint: Hint): void {
    const { hints } = this.#process.faults;
    if (hints === null) {
      this.#local.publish(hint);
      return;
    }
    if (this.#process.chance(hints.lost)) return;
    const copies = this.#process.chance(hints.repeated) ? 2 : 1;
    // Large events stay out of a hint: then it says only that there is more.
    const sent = this.#process.chance(0.3) ? { sid: hint.sid, id: hint.id } : hint;
    for (let copy = 0; copy < copies; copy += 1) {
      this.#process.after(this.#process.world.random() * hints.delayMs, () => this.#local.publish(sent));
    }
  }

  publishFrame(sid: string, frame: Frame): void {
    this.#local.publishFrame(sid, frame);
  }

  listen(sid: string, listener: BusListener): () => void {
    return this.#local.listen(sid, listener);
  }

  publishNote(note: Note): void {
    this.#local.publishNote(note);
  }

  listenToNotes(listener: (note: Note) => void): () => void {
    return this.#local.listenToNotes(listener);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#local[Symbol.asyncDispose]();
  }
}
