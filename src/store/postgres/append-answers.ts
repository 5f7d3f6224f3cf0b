/** Appends as the database's function takes them, and its answers: see `functions.ts`. */
import { z } from 'zod';
import { sources } from '../../events/event.ts';
import type { EncodedAppend } from '../append-rules.ts';
import { decodeEvent, type EventRow, placeEvent, sameContent } from '../event-row.ts';
import type { AppendRequest, AppendResult } from '../event-store.ts';
import { fromFaithful, toFaithful } from '../faithful-text.ts';

const text = z.string().transform(fromFaithful);
export const desiredSchema = z.enum(['running', 'waiting', 'stopped']);
const row = z.object({
  id: z.int(),
  at: z.int(),
  source: z.enum(sources),
  kind: text,
  cause: z.int().nullable(),
  data: z.string(),
});

const answerSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('missing'), deleted: z.boolean() }),
  z.object({ outcome: z.literal('fenced'), epoch: z.int() }),
  z.object({ outcome: z.literal('behind'), head: z.int() }),
  z.object({ outcome: z.literal('running'), head: z.int(), userId: text }),
  z.object({
    outcome: z.literal('repeated'),
    head: z.int(),
    userId: text,
    desired: desiredSchema,
    owner: text.nullable(),
    rows: z.array(row),
  }),
  z.object({
    outcome: z.literal('appended'),
    first: z.int(),
    head: z.int(),
    created: z.boolean(),
    userId: text,
    desired: desiredSchema,
    owner: text.nullable(),
  }),
]);

export const answersSchema = z.array(answerSchema);

export type Answer = z.output<typeof answerSchema>;

/** JSON of one request. What is undefined is left out. */
export function requestOf(request: EncodedAppend): object {
  const { at, behind, create, epoch, events, key, limit, set, sid, unlessRunning, writer } = request;
  return {
    sid: toFaithful(sid),
    at,
    writer: toFaithful(writer),
    key: key === undefined ? undefined : toFaithful(key),
    epoch,
    behind,
    unlessRunning,
    limit,
    create: create && {
      userId: toFaithful(create.userId),
      title: toFaithful(create.title),
      selectedRepository: faithful(create.selectedRepository),
      selectedBranch: faithful(create.selectedBranch),
      settings: faithful(create.settings),
    },
    set: set && { ...set, settings: faithful(set.settings) },
    events: events.map(({ cause, data, kind, source }) => [source, toFaithful(kind), cause, data]),
  };
}

/** `copies`: the events of the request, which nobody else holds. */
export function resultOf(
  answer: Answer,
  request: EncodedAppend,
  copies: AppendRequest['events'],
): AppendResult {
  switch (answer.outcome) {
    case 'appended': {
      const { first, ...rest } = answer;
      const events = copies.map((event, n) => placeEvent(event, first + n, request.at));
      return { ...rest, events, repeated: false };
    }
    case 'repeated': {
      const { rows, ...rest } = answer;
      if (!sameContent(rows, request.events)) return { outcome: 'conflict' };
      const events = rows.map((found: EventRow) => decodeEvent(found));
      return { ...rest, outcome: 'appended', events, repeated: true, created: false };
    }
    case 'missing':
    case 'fenced':
    case 'behind':
    case 'running':
      return answer;
  }
}

function faithful(value: string | null | undefined): string | null | undefined {
  return value === undefined || value === null ? value : toFaithful(value);
}
