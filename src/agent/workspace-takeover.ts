/**
 * A node that has its workspaces to itself takes a conversation over: what another node's workspace has, and the state of
 * its shells, is gone. The log says so once, before anything is done here, for people and for the agent.
 *
 *   strange ──take──▶ held
 *
 * What must hold: nothing is done in a workspace that is not held; it is held only after the log has said what is
 * missing. The log tells whether anything was done since it last said so (`workspaceUsed`), so a crash between the two
 * repeats nothing.
 */
import { type ErrorObservation, errorObservation } from '../events/observations.ts';
import type { HeldWorkspaces } from '../runtime/held-workspaces.ts';
import type { ConversationRecord } from '../store/event-store.ts';
import type { LoopLog } from './loop-log.ts';
import { WORKSPACE_ERROR } from './loop-state.ts';

export interface WorkspaceTakeoverOptions {
  /** As the claim answered it. */
  readonly conversation: ConversationRecord;
  readonly log: LoopLog;
  /** Absent where all nodes share their workspaces. */
  readonly held?: HeldWorkspaces;
  /** Whether the repository is cloned again. */
  readonly clones: boolean;
  readonly hasEnded: () => boolean;
}

export class WorkspaceTakeover {
  readonly #options: WorkspaceTakeoverOptions;
  #isHeld = false;

  constructor(options: WorkspaceTakeoverOptions) {
    this.#options = options;
  }

  /** Before the first thing that the loop does. */
  async take(): Promise<void> {
    const { clones, conversation, hasEnded, held, log } = this.#options;
    if (held === undefined || this.#isHeld) return;
    const { epoch, sid } = conversation;
    const last = await held.epochOf(sid);
    // Epochs follow each other: where the last one was here, nobody has worked on it elsewhere since. Before the first
    // one nobody has at all, whatever an imported log tells.
    const isNewest = epoch === 1 || last === epoch - 1;
    if (!isNewest && log.state.workspaceUsed) await log.tell(notice(last, clones));
    if (hasEnded()) return;
    await held.hold(sid, epoch);
    this.#isHeld = true;
  }
}

/** `last`: when this node has worked on it, or null where it never has. */
function notice(last: number | null, clones: boolean): ErrorObservation {
  const what =
    last === null
      ? 'Another server has taken this conversation over, and has none of its files: whatever was in the workspace before, and the state of its shells, is gone.'
      : 'This conversation is back on a server that has had it before: files are as they were when it left, without what was done to them elsewhere since, and the state of its shells is gone.';
  const then = clones ? ' Its repository is cloned again before the agent goes on.' : '';
  return errorObservation(`${what}${then}`, WORKSPACE_ERROR);
}
