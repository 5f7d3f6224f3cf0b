/**
 * What an agent is: a fold over the log and a next step. `state` must be plain JSON: it is kept in snapshots.
 * The loop around it does the rest: durability, confirmation, limits, interruption, recovery.
 *
 * @example An agent that echoes
 * ```ts
 * const echo: Agent<string | null> = {
 *   name: 'EchoAgent',
 *   version: '1',
 *   initialState: () => null,
 *   fold: (state, event) => {
 *     if ('action' in event && event.action === 'message') return event.source === 'user' ? event.args.content : null;
 *     return state;
 *   },
 *   step: ({ state }) => (state === null ? null : say(`You said: ${state}`)),
 * };
 * ```
 */
import type { Action } from '../events/actions.ts';
import type { StoredEvent } from '../events/event.ts';

/** What an agent proposes: an action, with what an LLM call needs to remember of it. */
export type AgentAction = Action & {
  readonly tool_call_metadata?: unknown;
  /** What this step cost, in US dollars: counted against the conversation's budget. */
  readonly cost?: number;
};

export interface StepContext<State> {
  readonly sid: string;
  readonly state: State;
  /** Aborted by a pause, a stop, a close or the loss of ownership. */
  readonly signal: AbortSignal;
  /** A page of this conversation's log, ids above `after`, ascending. */
  history(after: number, limit: number): Promise<readonly StoredEvent[]>;
  /** Streams text to whoever watches; never logged. */
  stream(text: string): void;
  /** Tells whoever watches of something that passes, by a `STATUS$…` id and a line for people; never logged. */
  notify(status: string, message: string): void;
}

export interface Agent<State = unknown> {
  /** As the settings name it. */
  readonly name: string;
  /** Changes with the shape or meaning of `State`: older snapshots are then not used. */
  readonly version: string;
  /**
   * True for an agent whose every step answers something that a user asked for: it cannot run away, so the limit of
   * iterations and stuck detection do not apply to it. @default false
   */
  readonly reactive?: boolean;
  /**
   * Whether what the agent does from this state on counts neither towards the limit of iterations nor as going in
   * circles: for what is known to end. @default it counts
   */
  isUnlimited?(state: State): boolean;
  initialState(): State;
  /**
   * Called with every event of the log, in order. Deterministic, and without effects; it owns `state` and may change
   * it in place.
   */
  fold(state: State, event: StoredEvent): State;
  /**
   * The next action, or null where there is nothing to do but wait for the user. May answer at once (then the
   * action shares a commit with the change to `running`) or with a promise.
   */
  step(context: StepContext<State>): AgentAction | null | Promise<AgentAction | null>;
}
