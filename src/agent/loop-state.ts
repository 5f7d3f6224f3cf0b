/**
 * The state of an agent loop: a fold over the log, so that a loop can be rebuilt anywhere. `reduce` is
 * deterministic and does nothing else; it owns the state that it is given and changes it in place.
 *
 * What a user does is put into the `inbox` in the order of the log, and leaves it with the event that answers it
 * (which names it as `cause`). So what a loop has yet to meet is itself a fold, and survives any crash.
 */
import type { ConfirmableAction, RunnableAction } from '../events/actions.ts';
import type { AgentState } from '../events/agent-state.ts';
import { isAction, isObservation, type NewEvent, type Source, type StoredEvent } from '../events/event.ts';
import { isRunnable, needsConfirmation } from '../events/kinds.ts';
import type { Agent } from './agent.ts';
import { type Deeds, noteDeed } from './stuck.ts';

/** Something a user did that the loop has yet to meet. */
export type InboxItem =
  | { readonly kind: 'message'; readonly id: number }
  /** A user's own command, carried out whatever the agent does. */
  | { readonly kind: 'run'; readonly id: number; readonly action: RunnableAction }
  | {
      readonly kind: 'change';
      readonly id: number;
      readonly to: AgentState;
      readonly actionId: number | null;
    }
  /** The conversation was started without a message. */
  | { readonly kind: 'start'; readonly id: number }
  /** The conversation is closed: the loop stops and ends. */
  | { readonly kind: 'close'; readonly id: number };

export interface UnansweredAction {
  readonly id: number;
  readonly source: Source;
  readonly action: RunnableAction;
}

export type LimitKind = 'iterations' | 'budget';

/** Error ids of the observations that say that a limit was reached. */
export const limitErrors: Readonly<Record<LimitKind, string>> = {
  iterations: 'AGENT_ERROR$MAX_ITERATIONS',
  budget: 'AGENT_ERROR$MAX_BUDGET',
};

/** Error id of the observation that says that the repository could not be cloned. */
export const REPOSITORY_ERROR = 'AGENT_ERROR$REPOSITORY';

/** Error id of the observation that says that what was in the workspace is gone. */
export const WORKSPACE_ERROR = 'AGENT_ERROR$WORKSPACE_GONE';

export interface LoopState {
  /** The last event folded. */
  lastId: number;
  agentState: AgentState;
  inbox: InboxItem[];
  /** The action that awaits confirmation. */
  pending: { readonly id: number; readonly action: ConfirmableAction } | null;
  /** An action of the agent that has no observation yet: the one under way. */
  executing: UnansweredAction | null;
  /** Actions of the agent. */
  iterations: number;
  /** What the agent has cost, in US dollars. */
  cost: number;
  /** Where the limits are counted from; moved when a user lets an agent go on that reached one. */
  iterationBase: number;
  costBase: number;
  limitReached: LimitKind | null;
  /** The repository to work on: failed until a user lets the agent go on, which is another attempt. */
  repository: 'absent' | 'there' | 'failed';
  /** Whether anything was done in the workspace since the log last said that it is gone. */
  workspaceUsed: boolean;
  deeds: Deeds;
  /** The agent's own. */
  agent: unknown;
}

/** What the manager asks a loop for, as events that nobody is shown: to start, and to stop and end. */
export const requests = {
  start: request('loading'),
  close: request('stopped'),
} as const;

function request(agent_state: AgentState): NewEvent {
  return { action: 'change_agent_state', args: { agent_state, thought: '' }, source: 'environment' };
}

/** Changes with the shape or the meaning of `LoopState`. */
export const REDUCER_VERSION = '2';

export function initialState(agent: Agent): LoopState {
  return {
    lastId: -1,
    agentState: 'loading',
    inbox: [],
    pending: null,
    executing: null,
    iterations: 0,
    cost: 0,
    iterationBase: 0,
    costBase: 0,
    limitReached: null,
    repository: 'absent',
    workspaceUsed: false,
    deeds: [],
    agent: agent.initialState(),
  };
}

/** The changes by which a user wants the conversation to run. */
export function wantsToRun(state: AgentState): boolean {
  return state === 'running' || state === 'user_confirmed' || state === 'user_rejected';
}

/** Whether something is unmet that wants the conversation to run. */
export function hasWish(state: LoopState): boolean {
  return state.inbox.some((item) => item.kind !== 'change' || wantsToRun(item.to));
}

export function reduce(state: LoopState, event: StoredEvent, agent: Agent): LoopState {
  state.lastId = event.id;
  const isUnlimited = agent.isUnlimited?.(state.agent) ?? false;
  noteDeed(state.deeds, event);
  if (isAction(event)) {
    if (event.source === 'user') takeUserAction(state, event);
    else if (event.source === 'agent') takeAgentAction(state, event);
    else if (event.action === 'change_agent_state') takeRequest(state, event.id, event.args.agent_state);
  } else if (isObservation(event)) {
    takeObservation(state, event);
  }
  // A message that comes while the agent runs needs no answer of the loop's: the agent meets it at its next step.
  if (state.agentState === 'running') {
    while (state.inbox[0]?.kind === 'message') state.inbox.shift();
  }
  if (isUnlimited) {
    state.deeds = [];
    state.iterationBase = state.iterations;
  }
  state.agent = agent.fold(state.agent, event);
  return state;
}

function takeUserAction(state: LoopState, event: StoredEvent): void {
  if (!isAction(event)) return;
  if (event.action === 'message') {
    tryRepositoryAgain(state);
    state.inbox.push({ kind: 'message', id: event.id });
  } else if (event.action === 'change_agent_state') {
    const actionId = event.args.action_id ?? null;
    if (event.args.agent_state === 'running') tryRepositoryAgain(state);
    state.inbox.push({ kind: 'change', id: event.id, to: event.args.agent_state, actionId });
  } else if (isRunnable(event)) {
    state.workspaceUsed = true;
    state.inbox.push({ kind: 'run', id: event.id, action: bodyOf(event) });
  }
}

/** What the manager asks for: see `requests`. */
function takeRequest(state: LoopState, id: number, asked: AgentState): void {
  if (asked === 'stopped') state.inbox.push({ kind: 'close', id });
  else if (asked === 'loading') {
    tryRepositoryAgain(state);
    state.inbox.push({ kind: 'start', id });
  }
}

function tryRepositoryAgain(state: LoopState): void {
  if (state.repository === 'failed') state.repository = 'absent';
}

function takeAgentAction(state: LoopState, event: StoredEvent): void {
  if (!isAction(event)) return;
  if (event.llm_metrics !== undefined) state.cost = event.llm_metrics.accumulated_cost;
  const settles = state.pending !== null && event.cause === state.pending.id;
  if (settles) state.pending = null;
  else state.iterations += 1;
  if (!isRunnable(event)) return;
  const confirmation = needsConfirmation(event) ? event.args.confirmation_state : 'confirmed';
  if (confirmation === 'awaiting_confirmation' && needsConfirmation(event)) {
    state.pending = { id: event.id, action: bodyOf(event) };
  } else if (confirmation === 'confirmed') {
    if (event.action !== 'think') state.workspaceUsed = true;
    state.executing = { id: event.id, source: event.source, action: bodyOf(event) };
  }
}

function takeObservation(state: LoopState, event: StoredEvent): void {
  if (!isObservation(event)) return;
  const { cause } = event;
  if (event.observation === 'agent_state_changed') {
    enter(state, event.extras.agent_state, cause);
  } else {
    if (cause !== undefined && state.executing?.id === cause) state.executing = null;
    if (event.observation === 'success' && event.extras.repository !== undefined) {
      state.repository = 'there';
      state.workspaceUsed = true;
    }
    if (event.observation === 'error') {
      if (event.extras.error_id === limitErrors.iterations) state.limitReached = 'iterations';
      if (event.extras.error_id === limitErrors.budget) state.limitReached = 'budget';
      if (event.extras.error_id === REPOSITORY_ERROR) state.repository = 'failed';
      if (event.extras.error_id === WORKSPACE_ERROR) {
        state.workspaceUsed = false;
        if (state.repository === 'there') state.repository = 'absent';
      }
    }
  }
  if (cause !== undefined && state.inbox.length > 0) {
    state.inbox = state.inbox.filter((item) => item.id !== cause);
  }
}

function enter(state: LoopState, entered: AgentState, cause: number | undefined): void {
  // Whoever lets an agent go on that went in circles wants it to try again.
  if (entered === 'running' && state.agentState === 'error') state.deeds = [];
  state.agentState = entered;
  // Stopping ends the turn, and with it all that came before and was not met.
  if (entered === 'stopped' && cause !== undefined)
    state.inbox = state.inbox.filter((item) => item.id > cause);
  // A message that a pause has overtaken is the agent's to meet when it goes on.
  if (entered === 'paused' && cause !== undefined) {
    state.inbox = state.inbox.filter((item) => item.kind !== 'message' || item.id > cause);
  }
  if (entered === 'running' && state.limitReached !== null) {
    if (state.limitReached === 'iterations') state.iterationBase = state.iterations;
    else state.costBase = state.cost;
    state.limitReached = null;
  }
}

/** The action alone, without its place in the log. */
function bodyOf<Body extends RunnableAction>(event: Body): Body {
  const { action, args, timeout } = event;
  return { action, args, ...(timeout === undefined ? {} : { timeout }) } as Body;
}
