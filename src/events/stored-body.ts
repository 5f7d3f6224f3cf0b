/** Bodies of stored events: their JSON text. Kinds that this version does not know pass untouched. */
import { ConveneError } from '../errors.ts';
import type { Envelope, EventBody } from './event.ts';
import { actionKinds, observationKinds } from './kinds.ts';

/** A body with the fields of the envelope that may be stored beside it. */
export type StoredBody = Partial<Omit<Envelope, 'id' | 'timestamp' | 'source'>> & EventBody;

/**
 * Reads the JSON text of a body as a log holds it. Everything in a log has passed the schemas on its way in, and
 * a replay reads thousands of events: so only the shape is checked here.
 * Throws `internal` for what no version of Convene has stored.
 */
export function parseStoredBody(json: string): StoredBody {
  let body: unknown;
  try {
    body = JSON.parse(json);
  } catch (cause) {
    throw new ConveneError('internal', 'A stored event is not JSON. The store is damaged.', { cause });
  }
  if (!isStoredBody(body)) {
    throw new ConveneError('internal', 'A stored event is neither an action nor an observation.');
  }
  return body;
}

/**
 * The one place where a type is taken on trust: a known kind is believed to have the fields that its schema gave
 * it when it was stored, and a name that is none of the known kinds becomes an `UnknownKind`.
 */
export function isStoredBody(value: unknown): value is StoredBody {
  if (!isObject(value)) return false;
  if (typeof value.action === 'string') return isObject(value.args) || !actionKinds.has(value.action);
  if (typeof value.observation !== 'string') return false;
  if (!observationKinds.has(value.observation)) return true;
  return typeof value.content === 'string' && isObject(value.extras);
}

interface Loose {
  readonly action?: unknown;
  readonly args?: unknown;
  readonly observation?: unknown;
  readonly content?: unknown;
  readonly extras?: unknown;
  readonly source?: unknown;
  readonly trajectory?: unknown;
}

export function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
