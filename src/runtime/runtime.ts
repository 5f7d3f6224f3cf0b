/**
 * The port `Runtime`: where the agent's commands and file edits happen. One for each conversation; it opens
 * nothing until it is needed and gives everything back when it is disposed of.
 */
import type { RunnableAction } from '../events/actions.ts';
import type { Observation } from '../events/observations.ts';

export interface ExecuteOptions {
  /** Who asked for it: an agent and its user each have a shell of their own in the workspace. @default 'agent' */
  readonly source?: 'agent' | 'user';
  /**
   * Abort means: kill what this action started and answer at once, a `run` with what it has printed so far, or throw the
   * signal's reason.
   */
  readonly signal: AbortSignal;
  /** Output as it comes, for people who watch; never needed for correctness. */
  readonly onOutput?: (text: string) => void;
}

export interface Runtime extends AsyncDisposable {
  /** Absolute path of the workspace. */
  readonly workspace: string;
  /**
   * Carries one action out and answers with its observation. What goes wrong in the action itself (no such
   * file, exit code 1, a time-out) is an observation, not an exception.
   */
  execute(action: RunnableAction, options: ExecuteOptions): Promise<Observation>;
  /** Kills the commands that were left running when their time was over; what was begun before them stays. */
  interrupt(): Promise<void>;
}

export interface RuntimeProvider {
  /** The runtime of a conversation; opening it starts no process. */
  open(sid: string): Promise<Runtime>;
  /** Removes the workspace of a deleted conversation. */
  remove(sid: string): Promise<void>;
}
