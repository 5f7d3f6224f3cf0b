/**
 * Which events have a row of their own in the timeline, and which are part of another one's: an observation belongs to
 * its action's card, and so does an action that a person has confirmed or rejected, which the log holds twice.
 */
import { isAction, isObservation, kindOf, type StoredEvent } from 'convene/client';

/** Looks an event up; undefined where it is not here. */
export type Lookup = (id: number) => StoredEvent | undefined;

export type Role = 'row' | 'part' | 'hidden';

/**
 * How many ids an event may come after what it answers and still be part of its card. An answer that comes later has a
 * row of its own: it would be far from what is looked at, and its action perhaps not in memory.
 */
export const REACH = 64;

const confirmable: ReadonlySet<string> = new Set(['run', 'run_ipython', 'call_tool_mcp']);
/** Errors and successes also answer what has no card. */
const independent: ReadonlySet<string> = new Set(['error', 'success', 'agent_state_changed']);
/** Acts that are shown by what they bring about. */
const withoutCard: ReadonlySet<string> = new Set([
  'message',
  'change_agent_state',
  'finish',
  'reject',
  'null',
]);
const toldStates: ReadonlySet<string> = new Set([
  'paused',
  'stopped',
  'finished',
  'rejected',
  'rate_limited',
  'error',
]);

export function roleOf(event: StoredEvent, get: Lookup): Role {
  if (isHidden(event)) return 'hidden';
  const cause = nearCause(event);
  if (isAction(event)) {
    if (cause !== null && confirmable.has(event.action)) return asks(get(cause)) ? 'part' : 'row';
    return 'row';
  }
  if (event.observation === 'agent_state_changed') {
    return toldStates.has(event.extras.agent_state) && !isSaid(event, get) ? 'row' : 'hidden';
  }
  if (cause === null) return 'row';
  const answered = get(cause);
  if (answered === undefined) return independent.has(event.observation) ? 'row' : 'part';
  return hasCard(answered) ? 'part' : 'row';
}

/** What is told of an action, in the order in which it came: a confirmed copy of it, and what came of it. */
export interface CardParts {
  readonly copy: StoredEvent | null;
  readonly answer: StoredEvent | null;
}

export function partsOf(action: StoredEvent, get: Lookup): CardParts {
  let copy: StoredEvent | null = null;
  let answer: StoredEvent | null = null;
  for (let id = action.id + 1; id <= action.id + REACH; id += 1) {
    const event = get(id);
    if (event === undefined) break;
    if (event.cause === undefined || event.cause !== (copy ?? action).id) continue;
    if (isAction(event)) {
      copy ??= event;
    } else if (kindOf(event) !== 'agent_state_changed') {
      answer = event;
      break;
    }
  }
  return { copy, answer };
}

/** The id of the row that shows an event: its own, or that of the card that it is part of. */
export function rowOf(event: StoredEvent, get: Lookup): number {
  if (event.cause === undefined || roleOf(event, get) !== 'part') return event.id;
  const cause = get(event.cause);
  return cause === undefined ? event.cause : rowOf(cause, get);
}

/** Whether the event is an action that waits for a person's yes or no. */
export function asks(event: StoredEvent | undefined): boolean {
  return confirmationOf(event) === 'awaiting_confirmation';
}

export function confirmationOf(event: StoredEvent | undefined): string | null {
  if (event === undefined || !isAction(event)) return null;
  const args: unknown = event.args;
  if (typeof args !== 'object' || args === null || !('confirmation_state' in args)) return null;
  return typeof args.confirmation_state === 'string' ? args.confirmation_state : null;
}

function hasCard(event: StoredEvent): boolean {
  return isAction(event) && !withoutCard.has(event.action);
}

/** The cause, where it is near enough for a card to reach it. */
function nearCause({ cause, id }: StoredEvent): number | null {
  return cause !== undefined && cause < id && id - cause <= REACH ? cause : null;
}

/** Whether the state only repeats what the row above has said: that it failed, or that the task is done. */
function isSaid(event: StoredEvent, get: Lookup): boolean {
  for (let id = event.id - 1; id >= event.id - 2; id -= 1) {
    const before = get(id);
    if (before === undefined) return false;
    if (isAction(before)) return before.action === 'finish' || before.action === 'reject';
    if (isObservation(before) && before.observation === 'error') return !isPausedOrStopped(event);
  }
  return false;
}

function isPausedOrStopped(event: StoredEvent): boolean {
  if (!('observation' in event) || event.observation !== 'agent_state_changed') return false;
  return event.extras.agent_state === 'paused' || event.extras.agent_state === 'stopped';
}

function isHidden(event: StoredEvent): boolean {
  const kind = kindOf(event);
  if (kind === 'null' || kind === 'change_agent_state') return true;
  const says: unknown = isAction(event) ? event.args : event.extras;
  return typeof says === 'object' && says !== null && 'hidden' in says && says.hidden === true;
}
