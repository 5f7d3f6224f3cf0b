/** Fields of events that a later version may have written: read without belief in their types. */
import { isAction, type StoredEvent } from 'convene/client';

function fieldOf(record: unknown, name: string): unknown {
  return typeof record === 'object' && record !== null ? Reflect.get(record, name) : undefined;
}

/** An argument of an action, or an extra of an observation. */
function field(event: StoredEvent, name: string): unknown {
  return fieldOf(isAction(event) ? event.args : event.extras, name);
}

/** '' where it is not there, or is no text. */
export function textField(event: StoredEvent | null, name: string): string {
  const value = event === null ? undefined : field(event, name);
  return typeof value === 'string' ? value : '';
}

export function textsField(event: StoredEvent, name: string): readonly string[] {
  const value = field(event, name);
  return Array.isArray(value) ? value.filter((element) => typeof element === 'string') : [];
}

/** What an observation says. */
export function contentOf(event: StoredEvent | null): string {
  if (event === null || isAction(event)) return '';
  return typeof event.content === 'string' ? event.content : '';
}

/** Of a command that has ended; null where it has not, or where nobody knows. */
export function exitCodeOf(answer: StoredEvent | null): number | null {
  if (answer === null || isAction(answer)) return null;
  const code = fieldOf(fieldOf(answer.extras, 'metadata'), 'exit_code');
  return typeof code === 'number' ? code : null;
}

/** Between two events, in ms. */
export function msBetween(before: StoredEvent, after: StoredEvent): number {
  return Math.max(0, Date.parse(after.timestamp) - Date.parse(before.timestamp));
}

/** `0.4 s`, `12 s`, `3 min 20 s`. */
export function duration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
