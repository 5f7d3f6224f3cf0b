/** What nodes say to each other about a conversation or the cluster, as JSON text. */
import { z } from 'zod';
import { type StoredEvent, sources } from '../events/event.ts';
import { isObject, isStoredBody } from '../events/stored-body.ts';
import type { Frame, Hint, Note } from './bus.ts';

/** Of the JSON of a hint's events, in UTF-8. Those of a longer one are read from the store. */
const maxEventBytes = 32 * 1024;

const id = z.int().nonnegative();

const frameSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('status'),
    level: z.enum(['info', 'error']),
    id: z.string(),
    message: z.string(),
  }),
  z.object({
    type: z.literal('delta'),
    kind: z.enum(['message', 'output']),
    text: z.string(),
    cause: id.exactOptional(),
  }),
  z.object({ type: z.literal('title'), title: z.string() }),
  z.object({ type: z.literal('error'), message: z.string() }),
]);

const noteSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('let-go'),
    sid: z.string(),
    from: z.string(),
    to: z.string().nullable(),
    due: z.boolean(),
  }),
  z.object({ type: z.literal('deleted'), sid: z.string() }),
  z.object({ type: z.literal('settings'), sid: z.string(), by: z.string() }),
]);

const eventSchema = z.custom<StoredEvent>(isStoredEvent);

const messageSchema = z.union([
  z.object({ frame: frameSchema }),
  z.object({ id, events: z.array(eventSchema).exactOptional() }),
]);

const jsonSchema = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('This is not JSON.');
    return z.NEVER;
  }
});

const messageText = jsonSchema.pipe(messageSchema);
const noteText = jsonSchema.pipe(noteSchema);

/** What is said about one conversation: whoever reads it knows which. */
export type Message = z.output<typeof messageSchema>;

export function writeHint(hint: Hint): string {
  if (hint.events !== undefined) {
    const events = JSON.stringify(hint.events);
    if (Buffer.byteLength(events) <= maxEventBytes) return `{"id":${hint.id},"events":${events}}`;
  }
  return `{"id":${hint.id}}`;
}

export function writeFrame(frame: Frame): string {
  return JSON.stringify({ frame });
}

export function writeNote(note: Note): string {
  return JSON.stringify(note);
}

/** Null for what this version can't read. */
export function readMessage(text: string): Message | null {
  return messageText.safeParse(text).data ?? null;
}

/** Null for what this version can't read. */
export function readNote(text: string): Note | null {
  return noteText.safeParse(text).data ?? null;
}

/** The text was an event that a store gave: its place is checked as its body is when it is read from a store. */
function isStoredEvent(value: unknown): value is StoredEvent {
  if (!isObject(value)) return false;
  return (
    'id' in value &&
    isId(value.id) &&
    'timestamp' in value &&
    typeof value.timestamp === 'string' &&
    'message' in value &&
    typeof value.message === 'string' &&
    sources.some((source) => source === value.source) &&
    (!('cause' in value) || isId(value.cause)) &&
    isStoredBody(value)
  );
}

function isId(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
