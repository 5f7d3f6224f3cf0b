/** What the agent does, in words for people, and what it needs of one. */
import type { AgentState, StoredEvent } from 'convene/client';

export interface AgentStatus {
  readonly state: AgentState;
  readonly reason: string | null;
  /** The event that says so; -1 before there is one. */
  readonly since: number;
}

export const unknownStatus: AgentStatus = { state: 'loading', reason: null, since: -1 };

/** The status that an event tells of; null where it tells of none. */
export function statusIn(event: StoredEvent): AgentStatus | null {
  if (!('observation' in event) || event.observation !== 'agent_state_changed') return null;
  const { agent_state: state, reason } = event.extras;
  return { state, reason: reason ?? null, since: event.id };
}

export type Need = 'confirmation' | 'input' | 'error';

/** What the agent waits for a person for; null where it does not. */
export function needOf(state: AgentState): Need | null {
  switch (state) {
    case 'awaiting_user_confirmation':
      return 'confirmation';
    case 'awaiting_user_input':
      return 'input';
    case 'error':
    case 'rate_limited':
      return 'error';
    default:
      return null;
  }
}

/** What a person can do now. */
export interface Steering {
  readonly pause: boolean;
  readonly resume: boolean;
  readonly stop: boolean;
  readonly answer: boolean;
}

export function steeringOf(state: AgentState): Steering {
  const isAtWork = state === 'running' || state === 'loading' || state === 'user_confirmed';
  const asks = state === 'awaiting_user_confirmation';
  return {
    pause: isAtWork || asks || state === 'rate_limited',
    resume: state === 'paused' || state === 'stopped' || state === 'error' || state === 'rate_limited',
    stop: isAtWork || asks || state === 'paused' || state === 'rate_limited',
    answer: asks,
  };
}
