/**
 * Stuck detection: pure bookkeeping of what the agent did since the last user message, and the rules by which it
 * goes in circles. Kept small, since it is part of every snapshot.
 */
import { hash } from 'node:crypto';
import { type EventBody, isAction, isObservation, type StoredEvent } from '../events/event.ts';

/** One thing that the agent did. */
interface Deed {
  /** Of the action; its observation names it as cause. */
  id: number;
  readonly says: boolean;
  readonly action: string;
  /** Null until it was observed. */
  observation: string | null;
  failed: boolean;
}

/** The last deeds, oldest first; never more than the rules look at. */
export type Deeds = Deed[];

const KEPT = 8;

/** Takes one event into `deeds`, in place. */
export function noteDeed(deeds: Deeds, event: StoredEvent): void {
  if (isAction(event)) {
    if (event.source === 'user') {
      if (event.action === 'message') deeds.length = 0;
      return;
    }
    if (event.source !== 'agent') return;
    const last = deeds.at(-1);
    if (last !== undefined && event.cause !== undefined && last.id === event.cause) {
      last.id = event.id; // confirmed or rejected under a new id
      return;
    }
    deeds.push({
      id: event.id,
      says: event.action === 'message',
      action: digest(event),
      observation: null,
      failed: false,
    });
    if (deeds.length > KEPT) deeds.shift();
    return;
  }
  if (!isObservation(event) || event.observation === 'agent_state_changed') return;
  const deed = deeds.findLast((one) => one.id === event.cause);
  if (deed === undefined) return;
  deed.observation = digest(event);
  deed.failed = event.observation === 'error';
}

/** How the agent goes in circles, or null where it does not. */
export function stuckBy(deeds: Deeds): string | null {
  const last = (count: number): Deed[] | null => (deeds.length >= count ? deeds.slice(-count) : null);
  const same = (some: readonly Deed[], key: 'action' | 'observation'): boolean =>
    some.every((deed) => deed[key] !== null && deed[key] === some[0]?.[key]);

  const messages = last(3);
  if (messages?.every((deed) => deed.says) && same(messages, 'action')) return 'it said the same three times';

  const failures = last(3);
  if (failures?.every((deed) => !deed.says && deed.failed) && same(failures, 'action')) {
    return 'the same action failed three times';
  }
  const pairs = last(4);
  if (pairs?.every((deed) => !deed.says) && same(pairs, 'action') && same(pairs, 'observation')) {
    return 'the same action had the same result four times';
  }
  const turns = last(6);
  if (turns?.every((deed) => !deed.says)) {
    const even = turns.filter((_, index) => index % 2 === 0);
    const odd = turns.filter((_, index) => index % 2 === 1);
    const steady = (some: readonly Deed[]): boolean => same(some, 'action') && same(some, 'observation');
    if (steady(even) && steady(odd)) return 'two actions alternated with the same results';
  }
  return null;
}

/** Names what an event says, leaving out what changes from one time to the next though nothing else does. */
function digest(body: EventBody): string {
  const said = isAction(body)
    ? [body.action, body.action === 'think' ? body.args : without(body.args, 'thought')]
    : [body.observation, body.content, body.observation === 'run' ? body.extras.metadata.exit_code : null];
  return hash('sha1', JSON.stringify(said), 'base64url').slice(0, 12);
}

function without(args: unknown, key: string): unknown {
  if (typeof args !== 'object' || args === null) return args;
  return Object.fromEntries(Object.entries(args).filter(([name]) => name !== key));
}
