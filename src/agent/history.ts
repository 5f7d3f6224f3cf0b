/**
 * What a log that another server wrote, or a part of a log, means to an agent loop. OpenHands does not say which event
 * answers which, and a part may end anywhere, so that a loop would meet once more what was met long ago, and carry
 * commands out again. Two rules keep that from happening:
 *
 *   - an action that is emitted again as confirmed or rejected names the one that awaited it (`link`);
 *   - a log that leaves anything open is closed at its end, as a server closes a conversation (`ending`).
 */
import { isDeepStrictEqual } from 'node:util';
import type { AgentState } from '../events/agent-state.ts';
import type { NewEvent, StoredEvent } from '../events/event.ts';
import { needsConfirmation } from '../events/kinds.ts';
import { errorObservation } from '../events/observations.ts';
import type { Agent } from './agent.ts';
import { closeAtRest } from './decide.ts';
import { initialState, type LoopState, reduce } from './loop-state.ts';

/** Looks on, and does nothing. */
const spectator: Agent<null> = {
  name: 'Spectator',
  version: '1',
  initialState: () => null,
  fold: () => null,
  step: () => null,
};

export class History {
  readonly #state: LoopState = initialState(spectator);

  get agentState(): AgentState {
    return this.#state.agentState;
  }

  /** Whether something was done in the workspace. */
  get workspaceUsed(): boolean {
    return this.#state.workspaceUsed;
  }

  /** Takes the next event of the log in. */
  fold(event: StoredEvent): void {
    reduce(this.#state, event, spectator);
  }

  /** The event, with the id of the action that it confirms or rejects where it does not say. */
  link(event: NewEvent): NewEvent {
    const { pending } = this.#state;
    if (pending === null || event.cause !== undefined || event.source !== 'agent') return event;
    if (!needsConfirmation(event) || event.args.confirmation_state === 'awaiting_confirmation') return event;
    const same = isDeepStrictEqual(subject(event), subject(pending.action));
    return same ? { ...event, cause: pending.id } : event;
  }

  /** What ends the log: nothing where it has begun not at all, or has ended already. */
  ending(): NewEvent[] {
    const { agentState, executing, inbox, lastId, pending } = this.#state;
    if (lastId < 0) return [];
    if (agentState === 'stopped' && inbox.length === 0 && pending === null && executing === null) return [];
    const answer: NewEvent[] =
      executing === null
        ? []
        : [
            {
              ...errorObservation('No result of this action was recorded.'),
              source: executing.source,
              cause: executing.id,
            },
          ];
    return [...answer, ...closeAtRest({ ...this.#state, lastId: lastId + answer.length }).events];
  }
}

/** What an action is about, whatever became of it. */
function subject(event: NewEvent | NonNullable<LoopState['pending']>['action']): unknown {
  if (!needsConfirmation(event)) return null;
  switch (event.action) {
    case 'run':
      return event.args.command;
    case 'run_ipython':
      return event.args.code;
    case 'call_tool_mcp':
      return [event.args.name, event.args.arguments];
  }
}
