/** Bodies of events that somebody else recorded, as in a trajectory: checked against the schemas of their kinds. */
import type { z } from 'zod';
import { ConveneError } from '../errors.ts';
import { actionSchemas } from './actions.ts';
import type { EventBody } from './event.ts';
import { observationSchemas } from './observations.ts';
import { isObject, isStoredBody } from './stored-body.ts';

const actions: ReadonlyMap<string, z.ZodType<EventBody>> = new Map(Object.entries(actionSchemas));
const observations: ReadonlyMap<string, z.ZodType<EventBody>> = new Map(Object.entries(observationSchemas));

/**
 * Checks a body that somebody else recorded, against the schema of its kind; fields of the envelope are dropped.
 * Throws `invalid_request`, whose `details.field` names the field.
 */
export function parseRecordedBody(data: unknown): EventBody {
  if (!isObject(data)) throw refused('', 'An event must be an object.');
  const schema =
    typeof data.action === 'string' ? actions.get(data.action) : observations.get(String(data.observation));
  if (schema === undefined) {
    if (isStoredBody(data)) return data;
    throw refused('', 'An event must name its action or its observation.');
  }
  const parsed = schema.safeParse({ args: {}, extras: {}, ...data });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw refused(field, `${field}: ${issue?.message ?? 'not valid'}`);
}

function refused(field: string, message: string): ConveneError {
  return new ConveneError('invalid_request', message, { details: { field } });
}
