/**
 * A simulated server process: its clock, its way to the store, its bus and its runtimes. When it is killed nothing
 * of it runs any more: timers do not fire and answers do not arrive, though what it had sent to the store may still be
 * carried out.
 */
import type { Cancel, Clock } from '../../src/clock.ts';
import type { Bus, BusListener, Frame, Hint, Note } from '../../src/cluster/bus.ts';
import { LocalBus } from '../../src/cluster/bus.ts';
import { ConveneError } from '../../src/errors.ts';
import type { RunnableAction } from '../../src/events/actions.ts';
import { errorObservation, type Observation, runObservation } from '../../src/events/observations.ts';
import type { ExecuteOptions, Runtime, RuntimeProvider } from '../../src/runtime/runtime.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import type { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { Faults } from './faults.ts';
import type { History } from './history.ts';

export class SimProcess {
  readonly world: VirtualClock;
  readonly history: History;
  readonly clock: Clock;
  faults: Faults;
  alive = true;

  constructor(world: VirtualClock, history: History, faults: Faults) {
    this.world = world;
    this.history = history;
    this.faults = faults;
    this.clock = {
      now: () => world.now(),
      monotonic: () => world.monotonic() + (this.chance(this.faults.flown) ? 10 : 0),
      after: (delayMs, task) => this.after(delayMs, task),
      id: () => world.id(),
    };
  }

  kill(): void {
    this.alive = false;
  }

  /** Calls `task` later, if the process still lives then. */
  after(delayMs: number, task: () => void): Cancel {
    return this.world.after(delayMs, () => {
      if (this.alive) task();
    });
  }

  chance(share: number): boolean {
    return share > 0 && this.world.random() < share;
  }

  /** The store as this process reaches it. */
  store(real: EventStore): EventStore {
    const { core } = this.history;
    const call = <T>(perform: () => Promise<T>): Promise<T> => this.#call(perform);
    return {
      open: () => real.open(),
      append: (request) =>
        call(async () => {
          // Nothing comes between these two: the memory store carries out a call when it is made.
          const before = core.conversation(request.sid);
          const result = await real.append(request);
          this.history.appended(request, before, result);
          return result;
        }),
      claim: (sid, incarnation, options) => call(() => real.claim(sid, incarnation, options)),
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

  runtimes(): RuntimeProvider {
    return {
      open: async () => new SimRuntime(this),
      remove: async () => {},
    };
  }

  /** There and back, each way with its delay; either may fail. */
  #call<T>(perform: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const way = (): number =>
        this.chance(this.faults.slow)
          ? this.world.random() * 3_000
          : this.world.random() * this.faults.storeDelayMs;
      const fails = this.chance(this.faults.unavailable);
      // On its way it does not need the process any more.
      this.world.after(way(), () => {
        if (fails) {
          this.after(way(), () => reject(new ConveneError('store_unavailable')));
          return;
        }
        const unanswered = this.chance(this.faults.unanswered);
        perform().then(
          (value) =>
            this.after(way(), () =>
              unanswered ? reject(new ConveneError('outcome_unknown')) : resolve(value),
            ),
          (error: unknown) => this.after(way(), () => reject(error)),
        );
      });
    });
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

class SimRuntime implements Runtime {
  readonly workspace = '/workspace';
  readonly #process: SimProcess;

  constructor(process: SimProcess) {
    this.#process = process;
  }

  execute(action: RunnableAction, { signal }: ExecuteOptions): Promise<Observation> {
    if (action.action !== 'run') return Promise.resolve(errorObservation('not simulated'));
    const { command } = action.args;
    this.#process.history.executed(command);
    const { world } = this.#process;
    const takes = this.#process.chance(0.2) ? 5_000 * world.random() : 30 * world.random();
    return new Promise((resolve, reject) => {
      const cancel = this.#process.after(takes, () => {
        resolve(runObservation({ command, content: 'done', exitCode: 0 }));
      });
      signal.addEventListener('abort', () => {
        cancel();
        this.#process.after(5 * world.random(), () => reject(signal.reason));
      });
    });
  }

  async interrupt(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}
