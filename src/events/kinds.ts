/**
 * The kinds of events by name, and what can be told from a name alone. Without schemas, so that the store's threads,
 * which read events and check none, start without them; `actions.ts` and `observations.ts` are held to these lists.
 */
import type { Action, ConfirmableAction, RunnableAction } from './actions.ts';
import type { EventBody } from './event.ts';
import type { Observation } from './observations.ts';

export const actionNames = [
  'message',
  'run',
  'run_ipython',
  'read',
  'write',
  'edit',
  'browse',
  'browse_interactive',
  'think',
  'finish',
  'reject',
  'delegate',
  'change_agent_state',
  'recall',
  'call_tool_mcp',
  'condensation',
  'null',
] as const;

export const observationNames = [
  'run',
  'run_ipython',
  'read',
  'write',
  'edit',
  'browse',
  'agent_state_changed',
  'error',
  'delegate',
  'think',
  'user_rejected',
  'success',
  'recall',
  'mcp',
  'condense',
  'null',
] as const;

/** The actions that something must carry out and answer with an observation. */
export const runnableNames = [
  'run',
  'run_ipython',
  'read',
  'write',
  'edit',
  'browse',
  'browse_interactive',
  'recall',
  'call_tool_mcp',
  'delegate',
  'think',
] as const satisfies readonly (typeof actionNames)[number][];

/** The actions that wait for the user in confirmation mode. */
export const confirmableNames = [
  'run',
  'run_ipython',
  'call_tool_mcp',
] as const satisfies readonly (typeof actionNames)[number][];

export const actionKinds: ReadonlySet<string> = new Set(actionNames);
export const observationKinds: ReadonlySet<string> = new Set(observationNames);
const runnable: ReadonlySet<string> = new Set(runnableNames);
const confirmable: ReadonlySet<string> = new Set(confirmableNames);

/** Whether `event` is an action of a kind that this version knows. */
export function isKnownAction(event: EventBody): event is Action {
  return 'action' in event && actionKinds.has(event.action);
}

/** Whether `event` is an observation of a kind that this version knows. */
export function isKnownObservation(event: EventBody): event is Observation {
  return 'observation' in event && observationKinds.has(event.observation);
}

export function isRunnable(event: EventBody): event is RunnableAction {
  return 'action' in event && runnable.has(event.action);
}

/** Whether `event` is an action that confirmation mode holds back until the user has agreed. */
export function needsConfirmation(event: EventBody): event is ConfirmableAction {
  return 'action' in event && confirmable.has(event.action);
}
