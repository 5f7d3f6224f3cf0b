/**
 * The event: one entry of a conversation's log, in memory as on the wire. Actions and observations have
 * their schemas in `actions.ts` and `observations.ts`; kinds that a stored log holds and this version does
 * not know are kept as they are and passed on untouched (`UnknownAction`, `UnknownObservation`).
 */
import type { Action, UnknownAction } from './actions.ts';
import type { Observation, UnknownObservation } from './observations.ts';

export const sources = ['user', 'agent', 'environment'] as const;
export type Source = (typeof sources)[number];

export interface Envelope {
  /** Counts 0, 1, 2, … within its conversation. */
  readonly id: number;
  /** ISO 8601, UTC. */
  readonly timestamp: string;
  readonly source: Source;
  /** A human line. */
  readonly message: string;
  /** The id of the event that this one answers. */
  readonly cause?: number;
  readonly tool_call_metadata?: unknown;
  /** On actions of an agent: what the conversation has cost so far, in US dollars. */
  readonly llm_metrics?: { readonly accumulated_cost: number };
}

/**
 * What an event says, without its place in a log. Narrow it by `action` or `observation`, which an unknown kind
 * never equals; `isKnownAction` and `isKnownObservation` leave a union for exhaustive switches.
 */
export type EventBody = Action | Observation | UnknownAction | UnknownObservation;

/** An event as the log holds it. */
export type StoredEvent = Envelope & EventBody;

/** An event on its way into a log: the store gives it its id. */
export type NewEvent = Omit<Envelope, 'id' | 'timestamp' | 'message'> & {
  readonly message?: string;
} & EventBody;

export function isAction(event: EventBody): event is Action | UnknownAction {
  return 'action' in event;
}

export function isObservation(event: EventBody): event is Observation | UnknownObservation {
  return 'observation' in event;
}

/** The action's or observation's name, such as `message` or `agent_state_changed`. */
export function kindOf(event: EventBody): string {
  return isAction(event) ? event.action : event.observation;
}
