/**
 * Takes secrets out of what is logged, streamed or shown. A secret is found as it is, without the white space
 * around it, with a terminal's line ends, and as JSON text writes each of these (tool arguments are JSON text).
 * At every place the longest one counts. Numbers are not searched.
 */
import { actionSchemas, confirmationStates } from './actions.ts';
import { agentStates } from './agent-state.ts';
import type { EventBody } from './event.ts';
import { observationSchemas } from './observations.ts';

/** Stands where a secret stood. */
export const REDACTED = '[redacted]';

export interface Redactor {
  text(text: string): string;
  /**
   * The event without secrets in any string or property name, at any depth; the same object where none was
   * found. What places an event in its log (`id`, `timestamp`, `source`, `cause`), its kind, the protocol's own
   * names and states stay.
   */
  body<Event extends EventBody>(event: Event): Event;
  /** A redactor of one text that comes in chunks. */
  stream(): RedactingStream;
}

/**
 * What `push` and `flush` return, put together, is `text` of all chunks put together. Held back is only what
 * may be the beginning of a secret.
 */
export interface RedactingStream {
  push(chunk: string): string;
  /** The rest; call it at the end of the text. */
  flush(): string;
}

const nothingSecret: Redactor = {
  text: (text) => text,
  body: (event) => event,
  stream: () => ({ push: (chunk) => chunk, flush: () => '' }),
};

/** Secrets that are empty or white space are ignored. */
export function redactor(secrets: readonly string[]): Redactor {
  const forms = formsOf(secrets);
  if (forms.length === 0) return nothingSecret;
  const pattern = new RegExp(forms.map(escapePattern).join('|'), 'g');
  const text = (value: string): string => value.replace(pattern, REDACTED);
  return { text, body: bodyRedactor(text), stream: () => stream(forms, pattern, text) };
}

/** Every way in which one of the secrets may be written, longest first. */
function formsOf(secrets: readonly string[]): string[] {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.trim() === '') continue;
    for (const plain of [secret, secret.trim(), secret.replaceAll(/\r?\n/g, '\r\n')]) {
      const escaped = JSON.stringify(plain).slice(1, -1);
      for (const form of [plain, escaped, escaped.replaceAll(/[\u007f-\uffff]/g, unicodeEscape)])
        forms.add(form);
    }
  }
  return [...forms].sort((a, b) => b.length - a.length);
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

type RedactText = (text: string) => string;
type RedactField = (name: string, value: unknown) => unknown;

/** What places an event in its log, and its kind. */
const envelope: ReadonlySet<string> = new Set([
  'id',
  'timestamp',
  'source',
  'cause',
  'action',
  'observation',
]);
const payload: ReadonlySet<string> = new Set(['args', 'extras']);

/** The protocol's own names: every event has them, whatever a secret may be, and the event depends on them. */
const protocolNames: ReadonlySet<string> = new Set([
  ...[
    'args',
    'content',
    'extras',
    'llm_metrics',
    'message',
    'metadata',
    'success',
    'timeout',
    'tool_call_metadata',
  ],
  ...Object.values(actionSchemas).flatMap((schema) => Object.keys(schema.shape.args.shape)),
  ...Object.values(observationSchemas).flatMap((schema) => Object.keys(schema.shape.extras.shape)),
  ...Object.keys(observationSchemas.run.shape.extras.shape.metadata.unwrap().shape),
]);

/** Likewise a state: a value that is one of the protocol's own words, and that a loop depends on. */
function isState(name: string, value: unknown): boolean {
  if (name === 'agent_state') return agentStates.some((state) => state === value);
  return name === 'confirmation_state' && confirmationStates.some((state) => state === value);
}

function bodyRedactor(text: RedactText): <Event extends EventBody>(event: Event) => Event {
  const redactValue = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (Array.isArray(value)) {
      const redacted = value.map(redactValue);
      return redacted.some((element, index) => element !== value[index]) ? redacted : value;
    }
    return isObject(value) ? redactFields(value, text, (_name, field) => redactValue(field)) : value;
  };
  const redactPayload: RedactField = (name, value) => (isState(name, value) ? value : redactValue(value));
  const redactEvent: RedactField = (name, value) => {
    if (envelope.has(name)) return value;
    return payload.has(name) && isObject(value)
      ? redactFields(value, text, redactPayload)
      : redactValue(value);
  };
  return (event) => redactFields(event, text, redactEvent);
}

/**
 * The object with redacted names and fields, or the object itself where nothing changed. What comes back has the
 * shape of what went in, since only strings take the place of strings: the overload says so, nothing checks it.
 */
function redactFields<T extends object>(fields: T, text: RedactText, redactField: RedactField): T;
function redactFields(fields: object, text: RedactText, redactField: RedactField): object {
  const redacted = new Map<string, unknown>();
  let changed = false;
  for (const [name, value] of Object.entries(fields)) {
    const newName = protocolNames.has(name) ? name : freeName(text(name), redacted);
    const newValue = redactField(name, value);
    changed ||= newName !== name || newValue !== value;
    redacted.set(newName, newValue);
  }
  // Unlike assignment, fromEntries takes a field named __proto__ for a field.
  return changed ? Object.fromEntries(redacted) : fields;
}

/** Two names may be equal once they are redacted; neither value is to be lost for it. */
function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name;
  for (let count = 2; taken.has(free); count += 1) free = `${name} ${count}`;
  return free;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stream(forms: readonly string[], pattern: RegExp, text: RedactText): RedactingStream {
  const longest = forms[0]?.length ?? 0;
  const firstUnits = new Set(forms.map((form) => form.charCodeAt(0)));
  let held = '';

  /** The first place from `from` on where a secret may have begun whose end is still to come. */
  const firstOpen = (buffer: string, from: number): number => {
    for (let at = Math.max(from, buffer.length - longest + 1); at < buffer.length; at += 1) {
      if (!firstUnits.has(buffer.charCodeAt(at))) continue;
      const tail = buffer.slice(at);
      if (forms.some((form) => form.length > tail.length && form.startsWith(tail))) return at;
    }
    return buffer.length;
  };

  return {
    push(chunk) {
      const buffer = held + chunk;
      let safe = '';
      let done = 0;
      let open = firstOpen(buffer, 0);
      for (;;) {
        pattern.lastIndex = done;
        const match = pattern.exec(buffer);
        // A secret found at or behind an open one waits: the open one, being first or longer, may swallow it.
        if (match === null || match.index >= open) {
          held = buffer.slice(open);
          return safe + buffer.slice(done, open);
        }
        safe += buffer.slice(done, match.index) + REDACTED;
        done = match.index + match[0].length;
        if (open < done) open = firstOpen(buffer, done);
      }
    },
    flush() {
      const rest = text(held);
      held = '';
      return rest;
    },
  };
}
