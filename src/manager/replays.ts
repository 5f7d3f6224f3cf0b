/**
 * The trajectories that conversations play back, kept as blobs for as long as their conversations exist: a loop that is
 * started anew goes on with the same one.
 */
import type { AgentAction } from '../agent/agent.ts';
import { parseTrajectory } from '../agent/replay/trajectory.ts';
import { isError } from '../errors.ts';
import type { FileStore } from '../store/file-store.ts';

export class Replays {
  readonly #files: FileStore;

  constructor(files: FileStore) {
    this.#files = files;
  }

  /** Durable when it resolves. */
  async save(sid: string, steps: readonly AgentAction[]): Promise<void> {
    const recorded = steps.map((step) => ({ ...step, source: 'agent' }));
    await this.#files.write(keyOf(sid), JSON.stringify(recorded));
  }

  /** The steps of a conversation that plays a trajectory back; null for all others. */
  async load(sid: string): Promise<readonly AgentAction[] | null> {
    try {
      const content = await this.#files.read(keyOf(sid));
      return parseTrajectory(new TextDecoder().decode(content)).steps;
    } catch (error) {
      if (isError(error, 'file_not_found')) return null;
      throw error;
    }
  }

  async remove(sid: string): Promise<void> {
    await this.#files.delete(keyOf(sid));
  }
}

function keyOf(sid: string): string {
  return `conversations/${sid}/replay.json`;
}
