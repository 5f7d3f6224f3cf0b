/**
 * An event as stores keep it: columns for what queries ask by, and `data`, the JSON text of all the rest. The text
 * is exact: what `JSON.stringify` writes is well-formed and free of NUL, whatever the event's strings hold.
 */
import { isDeepStrictEqual } from 'node:util';
import { ConveneError } from '../errors.ts';
import {
  type EventBody,
  isAction,
  kindOf,
  type NewEvent,
  type Source,
  type StoredEvent,
  sources,
} from '../events/event.ts';
import { messageLine } from '../events/message-line.ts';
import { parseStoredBody } from '../events/stored-body.ts';

/** An event without its place in a log. */
export interface EncodedEvent {
  readonly source: Source;
  /** The action's or observation's name. */
  readonly kind: string;
  readonly cause: number | null;
  /**
   * JSON text of the action or observation, with the fields of the envelope that are no column of their own. A
   * human line that only repeats the content is left out.
   */
  readonly data: string;
}

/** An event in its place. */
export interface EventRow extends EncodedEvent {
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Throws `invalid_request` where the event is no plain JSON. */
export function encodeEvent(event: NewEvent): EncodedEvent {
  const kind: unknown = kindOf(event);
  if (typeof kind !== 'string') throw invalid('An event needs an action or an observation.');
  // A stored event that is appended anew leaves its old place behind.
  const {
    id: _,
    timestamp: __,
    source,
    cause,
    message = messageLine(event),
    ...rest
  }: NewEvent & Partial<Place> = event;
  if (!sources.includes(source)) throw invalid(`An event has no source "${source}".`);
  if (cause !== undefined && !(Number.isSafeInteger(cause) && cause >= 0)) {
    throw invalid('The cause of an event is the id of an event.');
  }
  const data = stringify(message === contentOf(event) ? rest : { message, ...rest });
  return { source, kind, cause: cause ?? null, data };
}

export function decodeEvent({ at, cause, data, id, source }: Omit<EventRow, 'kind'>): StoredEvent {
  const body = parseStoredBody(data);
  const { message = contentOf(body) } = body;
  const place = { id, timestamp: timestampOf(at), source, message };
  return cause === null ? { ...place, ...body, message } : { ...place, cause, ...body, message };
}

/** The same as decoding what `encodeEvent` made of the event. `event` is a copy that nobody else holds. */
export function placeEvent(event: NewEvent, id: number, at: number): StoredEvent {
  const { cause, message = messageLine(event), source } = event;
  const place = { id, timestamp: timestampOf(at), source, message };
  // Twice: first for the order of properties, then because the event may hold a place of old.
  return cause === undefined ? { ...place, ...event, ...place } : { ...place, cause, ...event, ...place };
}

/**
 * Whether two batches say the same. Where their texts differ their meanings are compared, so that neither the order
 * of properties nor the human line makes a retry a conflict.
 */
export function sameContent(left: readonly EncodedEvent[], right: readonly EncodedEvent[]): boolean {
  return left.length === right.length && left.every((event, index) => sameEvent(event, right[index]));
}

function sameEvent(left: EncodedEvent, right: EncodedEvent | undefined): boolean {
  if (right === undefined) return false;
  if (left.source !== right.source || left.kind !== right.kind || left.cause !== right.cause) return false;
  return left.data === right.data || isDeepStrictEqual(meaning(left.data), meaning(right.data));
}

function meaning(data: string): unknown {
  return { ...parseStoredBody(data), message: '' };
}

function contentOf(body: EventBody): string {
  const content: unknown = isAction(body) ? Object(body.args).content : body.content;
  return typeof content === 'string' ? content : '';
}

function stringify(value: object): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new ConveneError('invalid_request', 'An event must be plain JSON.', { cause });
  }
}

/** The newest answer is kept: events of one commit mostly have the same time, and writing it out is slow. */
function timestampOf(at: number): string {
  if (at !== newest.at) newest = { at, timestamp: new Date(at).toISOString() };
  return newest.timestamp;
}

let newest = { at: 0, timestamp: new Date(0).toISOString() };

interface Place {
  readonly id: number;
  readonly timestamp: string;
}

function invalid(message: string): ConveneError {
  return new ConveneError('invalid_request', message);
}
