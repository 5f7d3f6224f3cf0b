/**
 * What a client must have seen of a log: the rules of visibility of the protocol, written down once more and
 * without a look at how the server does it.
 */
import type { Stretch } from './client.ts';
import type { WireEvent } from './wire.ts';

const shownOfTheEnvironment = ['run', 'agent_state_changed', 'error'];

/** One event as it goes out; null where it does not. */
function shown(event: WireEvent): WireEvent | null {
  if (event.action === 'null' || event.observation === 'null') return null;
  if (event.source !== 'environment') return event;
  if (event.observation === undefined || !shownOfTheEnvironment.includes(event.observation)) return null;
  return { ...event, source: 'agent' };
}

function changesState(event: WireEvent): boolean {
  return event.observation === 'agent_state_changed';
}

/** What a connection with this cursor is sent, where `head` is the newest event at its join. */
export function expectedSince(log: readonly WireEvent[], cursor: number, head: number): WireEvent[] {
  const newestState = log.findLast((event) => event.id <= head && changesState(event))?.id ?? -1;
  return log.flatMap((event) => {
    if (event.id <= cursor) return [];
    if (changesState(event) && event.id <= head && event.id < newestState) return [];
    return shown(event) ?? [];
  });
}

/** What is known of the head at a join. */
export interface Join {
  readonly least: number;
  readonly most: number;
}

/**
 * Compares what came on one connection with the log; null where it is right, else what is wrong. The head at its join
 * is known to be at least `least` and at most `most`: one of these must explain all that came. `whole`: the
 * connection lasted until everything had come; else it may have ended early. `all`: everything was asked for.
 */
export function wrongWith(
  stretch: Stretch,
  log: readonly WireEvent[],
  { least, most, whole, all = false }: Join & { readonly whole: boolean; readonly all?: boolean },
): string | null {
  const { cursor, events } = stretch;
  // Heads differ only in the change of state that is newest: the one that came first shows which it was.
  const first = events.find(changesState)?.id ?? -1;
  const heads = new Set([least, Math.min(Math.max(least, first), most), most]);
  let reason = '';
  for (const head of heads) {
    const expected = all ? log.slice(cursor + 1) : expectedSince(log, cursor, head);
    const wanted = whole ? expected : expected.slice(0, events.length);
    const at = wanted.findIndex((event, index) => !same(event, events[index]));
    if (at === -1 && events.length === wanted.length) return null;
    const place = at === -1 ? wanted.length : at;
    reason = `cursor ${cursor}, head ${head}: at place ${place} came ${nameOf(events[place])} instead of ${nameOf(wanted[place])}`;
  }
  return reason;
}

function same(left: WireEvent, right: WireEvent | undefined): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function nameOf(event: WireEvent | undefined): string {
  return event === undefined
    ? 'nothing'
    : `${event.id} (${event.action ?? event.observation}, ${event.source})`;
}
