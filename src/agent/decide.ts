/**
 * What a loop does next: a pure function of its state. The loop carries it out, and decides again.
 */
import type { ConfirmationState, RunnableAction } from '../events/actions.ts';
import { type AgentState, mayAsk } from '../events/agent-state.ts';
import type { NewEvent } from '../events/event.ts';
import { errorObservation, stateObservation, userRejected } from '../events/observations.ts';
import type { AgentAction } from './agent.ts';
import { type InboxItem, type LimitKind, type LoopState, limitErrors, requests } from './loop-state.ts';
import { stuckBy } from './stuck.ts';

export interface LoopLimits {
  /** Actions of the agent between two acts of a user that let it go on. */
  readonly maxIterations: number;
  /** US dollars; null for no limit. */
  readonly maxBudget: number | null;
  readonly confirmationMode: boolean;
  /** The agent is reactive (see `Agent`): neither iterations nor circles are looked at. */
  readonly reactive: boolean;
  /** A repository is to be cloned before the first step. @default false */
  readonly clones?: boolean;
}

/** Events that commit together, and only if nothing was appended since the state was folded. */
export interface Batch {
  readonly events: readonly NewEvent[];
  /** Index of the action that is under way from this commit on. */
  readonly executing?: number;
}

export type Decision =
  | { readonly do: 'wait' }
  | { readonly do: 'append'; readonly batch: Batch; readonly thenStep: boolean }
  | { readonly do: 'step' }
  | { readonly do: 'clone' }
  /** Carry out an action that is durable. `own`: a user's, which must be named as under way first. */
  | { readonly do: 'execute'; readonly id: number; readonly action: RunnableAction; readonly own: boolean }
  /** Answer an action that is under way and must not go on. */
  | { readonly do: 'abandon'; readonly id: number; readonly why: string };

export function decide(state: LoopState, limits: LoopLimits): Decision {
  const urgent = interruption(state);
  if (state.executing !== null) {
    const { id, action } = state.executing;
    if (urgent !== null) return { do: 'abandon', id, why: whyInterrupted(urgent) };
    return { do: 'execute', id, action, own: false };
  }
  if (urgent !== null) return append(meetInterruption(state, urgent));
  const item = state.inbox[0];
  if (item !== undefined) return meet(state, item, limits);
  if (state.agentState === 'loading' || state.agentState === 'init') {
    if (mustClone(state, limits)) return { do: 'clone' };
    return append({ events: [changed('awaiting_user_input')] });
  }
  if (state.agentState !== 'running') return { do: 'wait' };
  if (mustClone(state, limits)) return { do: 'clone' };
  const trouble = troubleOf(state, limits);
  return trouble === null ? { do: 'step' } : append(trouble);
}

/** The item of the inbox that stops what is under way, if there is one. */
export function interruption(state: LoopState): InboxItem | null {
  const ends = state.inbox.find(
    (item) =>
      item.kind === 'close' ||
      (item.kind === 'change' &&
        item.to === 'stopped' &&
        (mayAsk(state.agentState, 'stopped') || state.executing !== null || hasRun(state, item.id))),
  );
  if (ends !== undefined) return ends;
  const pause = state.inbox.find((item) => item.kind === 'change' && item.to === 'paused');
  if (pause === undefined || !mayAsk(state.agentState, 'paused')) return null;
  // It overtakes everything but a message that makes the agent run in the first place.
  const waits =
    state.agentState !== 'running' &&
    state.inbox.some((item) => item.kind === 'message' && item.id < pause.id);
  return waits ? null : pause;
}

export function whyInterrupted(item: InboxItem): string {
  if (item.kind === 'close') return 'the conversation was closed';
  return item.kind === 'change' && item.to === 'paused' ? 'the agent was paused' : 'the agent was stopped';
}

/** What an agent's proposal becomes in the log. `firstId`: the id that the first of these events gets. */
export function propose(state: LoopState, limits: LoopLimits, proposal: AgentAction | null): Batch {
  if (proposal === null) return { events: [changed('awaiting_user_input')] };
  const { cost, ...action } = proposal;
  const event: NewEvent = {
    ...action,
    source: 'agent',
    ...(cost === undefined ? {} : { llm_metrics: { accumulated_cost: state.cost + cost } }),
  };
  switch (action.action) {
    case 'message':
      return { events: action.args.wait_for_response ? [event, changed('awaiting_user_input')] : [event] };
    case 'finish':
      return { events: [event, changed('finished')] };
    case 'reject':
      return { events: [event, changed('rejected')] };
    case 'run':
    case 'run_ipython':
    case 'call_tool_mcp':
      if (limits.confirmationMode) {
        const held = { ...event, ...withConfirmation(action, 'awaiting_confirmation') };
        return { events: [held, changed('awaiting_user_confirmation')] };
      }
      return { events: [{ ...event, ...withConfirmation(action, 'confirmed') }], executing: 0 };
    case 'read':
    case 'write':
    case 'edit':
    case 'browse':
    case 'browse_interactive':
    case 'recall':
    case 'delegate':
    case 'think':
      return { events: [event], executing: 0 };
    case 'condensation':
    case 'null':
      return { events: [event] };
    case 'change_agent_state':
      return failed('An agent may not change its own state.', '');
  }
}

/** An error that everybody sees, and the state that goes with it. */
export function failed(content: string, errorId: string, state: 'error' | 'rate_limited' = 'error'): Batch {
  return {
    events: [{ ...errorObservation(content, errorId), source: 'environment' }, changed(state, content)],
  };
}

/** The agent is resting in these states: it does nothing until a user does something. */
export function isResting(state: AgentState): boolean {
  switch (state) {
    case 'loading':
    case 'init':
    case 'running':
    case 'user_confirmed':
      return false;
    case 'awaiting_user_input':
    case 'awaiting_user_confirmation':
    case 'user_rejected':
    case 'paused':
    case 'stopped':
    case 'finished':
    case 'rejected':
    case 'error':
    case 'rate_limited':
      return true;
  }
}

function meet(state: LoopState, item: InboxItem, limits: LoopLimits): Decision {
  switch (item.kind) {
    case 'message': {
      const events = [
        ...settle(state, 'A message came instead of an answer.'),
        changed('running', undefined, item.id),
      ];
      return append({ events }, mayStep(state, item, limits));
    }
    case 'run':
      return { do: 'execute', id: item.id, action: item.action, own: true };
    case 'change':
      return meetChange(state, item, limits);
    case 'start':
      return append({ events: started(state, item.id, mustClone(state, limits)) });
    case 'close': // met as an interruption
      return { do: 'wait' };
  }
}

function refusal(cause: number, why: string): NewEvent {
  return { ...errorObservation(why, 'AGENT_ERROR$BAD_STATE_CHANGE'), source: 'environment', cause };
}

/** `clones`: it stays loading until the repository is there. */
function started(state: LoopState, cause: number, clones: boolean): NewEvent[] {
  switch (state.agentState) {
    case 'stopped': {
      const loading = changed('loading', undefined, cause);
      return clones ? [loading] : [loading, changed('awaiting_user_input')];
    }
    case 'loading':
    case 'init':
      if (clones) return [changed('loading', undefined, cause)];
      return [changed('awaiting_user_input', undefined, cause)];
    default:
      return [changed(state.agentState, undefined, cause)]; // it is said again, nothing changes
  }
}

function meetChange(state: LoopState, item: InboxItem & { kind: 'change' }, limits: LoopLimits): Decision {
  const refused = (why: string): Decision => append({ events: [refusal(item.id, why)] });
  if (!mayAsk(state.agentState, item.to)) {
    return refused(`The agent is ${state.agentState}: it cannot become ${item.to} now.`);
  }
  if (item.to === 'running') {
    if (state.pending !== null)
      return append({ events: [changed('awaiting_user_confirmation', undefined, item.id)] });
    return append({ events: [changed('running', undefined, item.id)] }, mayStep(state, item, limits));
  }
  if (item.to === 'user_confirmed' || item.to === 'user_rejected') {
    if (state.pending === null || item.actionId !== state.pending.id) {
      return refused(
        item.actionId === null
          ? 'Name the action that is meant: args.action_id.'
          : `No action ${item.actionId} awaits confirmation.`,
      );
    }
    if (item.to === 'user_confirmed') {
      // A pause that waits for a message between the two would come too late for what this lets begin.
      const halts = state.inbox.some(
        (one) => one.kind === 'change' && one.to === 'paused' && one.id > item.id,
      );
      if (halts) return refused('Not carried out: the agent was paused.');
      const { id, action } = state.pending;
      const confirmed: NewEvent = { ...withConfirmation(action, 'confirmed'), source: 'agent', cause: id };
      const events = [changed('user_confirmed', undefined, item.id), confirmed, changed('running')];
      return append({ events, executing: 1 });
    }
    const events = settle(state, 'The user rejected this action.', item.id);
    return append({ events: [...events, changed('awaiting_user_input')] });
  }
  return refused(`Nobody can make the agent ${item.to}.`);
}

function meetInterruption(state: LoopState, item: InboxItem): Batch {
  if (item.kind === 'change' && item.to === 'paused') {
    const overtaken = state.inbox.filter((one) => one.kind === 'change' && one.id < item.id);
    const events = overtaken.map((one) => refusal(one.id, 'Not carried out: the agent was paused.'));
    return { events: [...events, changed('paused', undefined, item.id)] };
  }
  const unmet = state.inbox.filter((one) => one.kind === 'run' && one.id < item.id);
  const events: NewEvent[] = unmet.map((run) => ({
    ...errorObservation(`Not carried out: ${whyInterrupted(item)}.`),
    source: 'user',
    cause: run.id,
  }));
  events.push(...settle(state, `Not carried out: ${whyInterrupted(item)}.`, undefined, events.length));
  return { events: [...events, changed('stopped', undefined, item.id)] };
}

/**
 * Rejects the pending action, if there is one: re-emitted as rejected under a new id, and answered. `offset`: how
 * many events come before these in their batch.
 */
function settle(state: LoopState, why: string, cause?: number, offset = 0): NewEvent[] {
  if (state.pending === null) return [];
  const { id, action } = state.pending;
  const rejectedId = state.lastId + 1 + offset + 1;
  return [
    changed('user_rejected', undefined, cause),
    { ...withConfirmation(action, 'rejected'), source: 'agent', cause: id },
    { ...userRejected(why), source: 'agent', cause: rejectedId },
  ];
}

/** What closes a conversation that rests: the request and its answer in one commit. */
export function closeAtRest(state: LoopState): Batch {
  const cause = state.lastId + 1;
  const rejected = settle(state, 'Not carried out: the conversation was closed.', undefined, 1);
  return { events: [requests.close, ...rejected, changed('stopped', undefined, cause)] };
}

/** Whether the agent may take its step in the commit that meets `item` and makes it running. */
function mayStep(state: LoopState, item: InboxItem, limits: LoopLimits): boolean {
  const alone = state.inbox.every((one) => one.id <= item.id || one.kind === 'message');
  if (!alone || state.pending !== null || state.limitReached !== null || mustClone(state, limits))
    return false;
  return troubleOf(state, limits) === null;
}

function mustClone(state: LoopState, limits: LoopLimits): boolean {
  return limits.clones === true && state.repository === 'absent';
}

/** A limit that is reached, or circles that the agent goes in. */
function troubleOf(state: LoopState, limits: LoopLimits): Batch | null {
  if (!limits.reactive && state.iterations - state.iterationBase >= limits.maxIterations) {
    return limited(
      'iterations',
      `Agent reached maximum iteration: ${limits.maxIterations} since it was last let go on.`,
    );
  }
  if (limits.maxBudget !== null && state.cost - state.costBase >= limits.maxBudget) {
    return limited(
      'budget',
      `Agent reached maximum budget: ${limits.maxBudget} USD since it was last let go on.`,
    );
  }
  const circles = limits.reactive ? null : stuckBy(state.deeds);
  return circles === null
    ? null
    : failed(`Agent got stuck in a loop: ${circles}.`, 'AGENT_ERROR$STUCK_IN_LOOP');
}

function limited(kind: LimitKind, message: string): Batch {
  return failed(`${message} Send a message or resume to let it go on.`, limitErrors[kind]);
}

function hasRun(state: LoopState, before: number): boolean {
  return state.inbox.some((item) => item.kind === 'run' && item.id < before);
}

function changed(state: AgentState, reason?: string, cause?: number): NewEvent {
  return {
    ...stateObservation(state, reason),
    source: 'environment',
    ...(cause === undefined ? {} : { cause }),
  };
}

function append(batch: Batch, thenStep = false): Decision {
  return { do: 'append', batch, thenStep };
}

function withConfirmation<A extends { readonly args: object }>(
  action: A,
  confirmation_state: ConfirmationState,
): A {
  return { ...action, args: { ...action.args, confirmation_state } };
}
