/**
 * The Redis of a simulated cluster. On its bus, who listens in the same process hears at once, the others later, more than
 * once, or never. It may lose all that it knows of presence. Nothing passes from or to a process that is cut off.
 */
import type { Bus, BusListener, Frame, Hint, Note } from '../../src/cluster/bus.ts';
import { LocalBus } from '../../src/cluster/bus.ts';
import type { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { PresenceTable } from './presence-table.ts';
import type { SimProcess } from './sim-process.ts';

export class SimRedis {
  readonly #ends = new Map<SimProcess, LocalBus>();
  readonly #cut = new Set<SimProcess>();
  readonly #whenConnected = new Map<SimProcess, () => void>();
  readonly presence: PresenceTable;

  constructor(world: VirtualClock) {
    this.presence = new PresenceTable(() => world.monotonic());
  }

  /** Tells the process each time it is connected again, until the answer is called. */
  whenConnected(process: SimProcess, listener: () => void): () => void {
    this.#whenConnected.set(process, listener);
    return () => {
      this.#whenConnected.delete(process);
    };
  }

  bus(process: SimProcess): Bus {
    const local = new LocalBus();
    this.#ends.set(process, local);
    return new SimBus(this, process, local);
  }

  leave(process: SimProcess): void {
    this.#ends.delete(process);
    this.#whenConnected.delete(process);
  }

  isCut(process: SimProcess): boolean {
    return this.#cut.has(process);
  }

  setCut(process: SimProcess, cut: boolean): void {
    if (cut) this.#cut.add(process);
    else if (this.#cut.delete(process)) process.deliver(() => this.#whenConnected.get(process)?.());
  }

  send(from: SimProcess, hear: (bus: LocalBus) => void): void {
    const { hints } = from.faults;
    const { lost, repeated, delayMs } = hints ?? { lost: 0, repeated: 0, delayMs: 2 };
    if (this.isCut(from)) return;
    for (const [process, bus] of this.#ends) {
      if (process === from || from.chance(lost)) continue;
      const copies = from.chance(repeated) ? 2 : 1;
      for (let copy = 0; copy < copies; copy += 1) {
        from.world.after(from.world.random() * delayMs, () => {
          if (!this.isCut(process)) process.deliver(() => hear(bus));
        });
      }
    }
  }
}

class SimBus implements Bus {
  readonly reliable = false;
  readonly #redis: SimRedis;
  readonly #process: SimProcess;
  readonly #local: LocalBus;

  constructor(redis: SimRedis, process: SimProcess, local: LocalBus) {
    this.#redis = redis;
    this.#process = process;
    this.#local = local;
  }

  publish(hint: Hint): void {
    this.#local.publish(hint);
    // Large events stay out of a hint: then it says only that there is more.
    const sent = this.#process.chance(0.3) ? { sid: hint.sid, id: hint.id } : hint;
    this.#redis.send(this.#process, (bus) => bus.publish(sent));
  }

  publishFrame(sid: string, frame: Frame): void {
    this.#local.publishFrame(sid, frame);
  }

  publishNote(note: Note): void {
    this.#local.publishNote(note);
    this.#redis.send(this.#process, (bus) => bus.publishNote(note));
  }

  listen(sid: string, listener: BusListener): () => void {
    return this.#local.listen(sid, listener);
  }

  listenToNotes(listener: (note: Note) => void): () => void {
    return this.#local.listenToNotes(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.leave(this.#process);
    await this.#local[Symbol.asyncDispose]();
  }
}
