/** What the server sends over the socket, told apart. */
import type { AgentState } from '../events/agent-state.ts';
import type { StoredEvent } from '../events/event.ts';
import { isRecord } from './json.ts';

/** Text as it comes, of the agent or of a command; it is in the log only later, as a whole. */
export interface Delta {
  readonly kind: 'message' | 'output';
  readonly text: string;
  /** The action that the output belongs to. */
  readonly cause?: number;
}

export interface Status {
  readonly level: 'info' | 'error';
  /** Such as `STATUS$LLM_RETRY`. */
  readonly id: string;
  /** For people. */
  readonly message: string;
}

export interface Presence {
  /** How many connections watch the conversation. */
  readonly connections: number;
}

export function isEvent(payload: unknown): payload is StoredEvent {
  if (!isRecord(payload)) return false;
  const { id, source, action, observation } = payload;
  const isNamed = typeof action === 'string' || typeof observation === 'string';
  return typeof id === 'number' && Number.isInteger(id) && typeof source === 'string' && isNamed;
}

export function statusOf(payload: unknown): Status | null {
  if (!isRecord(payload) || payload['status_update'] !== true) return null;
  const { type, id, message } = payload;
  return {
    level: type === 'error' ? 'error' : 'info',
    id: typeof id === 'string' ? id : '',
    message: typeof message === 'string' ? message : '',
  };
}

/** The message of an error frame. */
export function complaintOf(payload: unknown): string | null {
  if (!isRecord(payload) || payload['error'] !== true) return null;
  return typeof payload['message'] === 'string' ? payload['message'] : '';
}

export function deltaOf(payload: unknown): Delta | null {
  if (!isRecord(payload) || typeof payload['text'] !== 'string') return null;
  const { kind, text, cause } = payload;
  return {
    kind: kind === 'output' ? 'output' : 'message',
    text,
    ...(typeof cause === 'number' ? { cause } : {}),
  };
}

export function presenceOf(payload: unknown): Presence | null {
  if (!isRecord(payload) || typeof payload['connections'] !== 'number') return null;
  return { connections: payload['connections'] };
}

/** The id of an action that waits for the user's yes or no. */
export function pendingIn(event: StoredEvent): number | null {
  if (!('action' in event) || !isRecord(event.args)) return null;
  return event.args['confirmation_state'] === 'awaiting_confirmation' ? event.id : null;
}

/** Whether the event says that the agent's state is now `state`, or that it has changed at all. */
export function isAgentState(event: StoredEvent, state?: AgentState): boolean {
  if (!('observation' in event) || event.observation !== 'agent_state_changed') return false;
  return state === undefined || event.extras.agent_state === state;
}
