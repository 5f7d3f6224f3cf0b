/** What comes over the wire, looked at before it is believed. Without a schema library: a page has to load this. */
import { ClientError } from './client-error.ts';

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((element) => typeof element === 'string');
}

/** The text of a field. Throws `bad_answer`. */
export function textOf(value: unknown, field: string): string {
  const text = isRecord(value) ? value[field] : undefined;
  if (typeof text !== 'string') throw badAnswer(`${field} is missing`);
  return text;
}

/** The elements of a field, all of which must be `isOne`. Throws `bad_answer`. */
export function listOf<One>(
  value: unknown,
  field: string,
  isOne: (element: unknown) => element is One,
): One[] {
  const list = isRecord(value) ? value[field] : undefined;
  if (!Array.isArray(list) || !list.every(isOne)) throw badAnswer(`${field} is not what was expected`);
  return list;
}

export function badAnswer(what: string): ClientError {
  return new ClientError('bad_answer', `The server's answer is not of this protocol: ${what}.`);
}
