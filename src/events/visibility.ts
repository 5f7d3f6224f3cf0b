/**
 * What a client is sent. The log is never changed for it: an event goes out as it is, or with another source, or
 * not at all. A viewer joins at the head H and is first sent what was there (`replayView`), then what comes
 * (`liveView`); both apply the same rules, so one who was there and one who comes later see the same events,
 * except the state changes that were overtaken before H.
 */
import { isAction, isObservation, kindOf, type StoredEvent } from './event.ts';

/** How a viewer wants the log. */
export interface ViewOptions {
  /** Everything, as stored (`all=1`). @default false */
  readonly all?: boolean;
}

export interface ReplayOptions extends ViewOptions {
  /** The id of the newest event when the viewer joined. */
  readonly head: number;
  /** The id of the newest `agent_state_changed` at or below `head`; null where there is none. */
  readonly newestState: number | null;
}

/** What the server says in the agent's stead: the only events of the environment that are for clients. */
const environmentKinds: ReadonlySet<string> = new Set(['run', 'agent_state_changed', 'error']);

/** What a viewer is sent of an event that came after it had joined; null: nothing. */
export function liveView(event: StoredEvent, options: ViewOptions = {}): StoredEvent | null {
  if (options.all) return event;
  const kind = kindOf(event);
  if (kind === 'null') return null;
  if (event.source !== 'environment') return event;
  return isObservation(event) && environmentKinds.has(kind) ? { ...event, source: 'agent' } : null;
}

/** What a viewer is sent of an event that it reads from the log, whether from before its join or after. */
export function replayView(event: StoredEvent, options: ReplayOptions): StoredEvent | null {
  if (!options.all && isOvertaken(event, options)) return null;
  return liveView(event, options);
}

function isOvertaken(event: StoredEvent, { head, newestState }: ReplayOptions): boolean {
  if (newestState === null || event.id > head || event.id >= newestState) return false;
  return isObservation(event) && event.observation === 'agent_state_changed';
}

/** What a trajectory leaves out: what its user was not to see, and what says nothing. */
export function isHidden(event: StoredEvent): boolean {
  const says: unknown = isAction(event) ? event.args : event.extras;
  return kindOf(event) === 'null' || Object(says).hidden === true;
}
