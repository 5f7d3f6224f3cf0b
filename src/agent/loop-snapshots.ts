/**
 * Snapshots of a loop's state, so that reopening a long conversation reads only what came since. They are a shortcut:
 * without one, the log is folded from its beginning.
 */
import type { EventStore } from '../store/event-store.ts';
import type { Agent } from './agent.ts';
import { initialState, type LoopState, REDUCER_VERSION } from './loop-state.ts';

export interface LoopSnapshotsOptions {
  readonly sid: string;
  readonly agent: Agent;
  readonly store: EventStore;
  /** One is saved after so many events. @default 100 */
  readonly snapshotEvery?: number;
  readonly onError: (error: unknown, what: string) => void;
}

const EVERY = 100;
/** While a loop is busy it saves one only after so many times more events. */
const BUSY = 10;

export class LoopSnapshots {
  readonly #options: LoopSnapshotsOptions;
  readonly #every: number;
  readonly #version: string;
  /** The event that the last one stands at. */
  #id = -1;

  constructor(options: LoopSnapshotsOptions) {
    const { agent, snapshotEvery } = options;
    this.#options = options;
    this.#every = snapshotEvery ?? EVERY;
    this.#version = `${REDUCER_VERSION}/${agent.name}/${agent.version}`;
  }

  /** The state to begin with; null where there is none that this version of the agent can read. */
  async load(): Promise<LoopState | null> {
    const { agent, sid, store } = this.#options;
    const found = await store.loadSnapshot(sid, this.#version);
    if (found === null) return null;
    this.#id = found.id;
    return { ...initialState(agent), ...JSON.parse(found.state) };
  }

  /** Whether even a busy loop should save one. */
  isOverdue(state: LoopState): boolean {
    return state.lastId - this.#id >= this.#every * BUSY;
  }

  /** Saves one where enough has happened since the last. */
  async save(state: LoopState): Promise<void> {
    const { onError, sid, store } = this.#options;
    const id = state.lastId;
    if (id - this.#id < this.#every) return;
    this.#id = id;
    const text = JSON.stringify(state);
    try {
      await store.saveSnapshot({ sid, id, version: this.#version, state: text });
    } catch (error) {
      onError(error, `snapshot of ${sid}`); // only a reopening gets slower
    }
  }
}
