/**
 * `GET C/events` and `GET C/events/search`: pages of a conversation's log, as stored.
 *
 * `events` reads the ids from `start_id` to `end_id`, both included, newest first with `reverse`. Its `filter` is
 * either names of kinds (`filter=message,run`) or JSON: `{"kinds": [], "source": "", "query": "", "start_date": "",
 * "end_date": ""}`, each optional. `search` starts at `start_id`, included, and goes on from there: upwards, or
 * downwards with `reverse`; its `event_type` is names of kinds.
 */
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { sources } from '../../events/event.ts';
import type { EventQuery } from '../../store/event-store.ts';
import { attached } from './existing.ts';
import type { HttpApp, HttpParts } from './http-app.ts';
import { eventId, flag, instant, lastInstant, limit, sidParams } from './request-schemas.ts';

const kindList = z.string().transform((text) =>
  text
    .split(',')
    .map((kind) => kind.trim())
    .filter((kind) => kind !== ''),
);

const filterObject = z.strictObject({
  kinds: z.array(z.string()).optional(),
  source: z.enum(sources).optional(),
  query: z.string().optional(),
  start_date: instant.optional(),
  end_date: lastInstant.optional(),
});
type EventFilter = z.output<typeof filterObject>;

const filter = z.string().transform((text, context): EventFilter => {
  if (!text.trimStart().startsWith('{')) return { kinds: kindList.parse(text) };
  const parsed = filterObject.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  context.addIssue(`${issue?.path.join('.') || 'expected JSON'}: ${issue?.message ?? 'not valid'}`);
  return z.NEVER;
});

const eventsQuery = z.object({
  start_id: eventId.optional(),
  end_id: eventId.optional(),
  reverse: flag.default(false),
  filter: filter.optional(),
  limit,
});

const searchQuery = z.object({
  query: z.string().optional(),
  event_type: kindList.optional(),
  source: z.enum(sources).optional(),
  start_date: instant.optional(),
  end_date: lastInstant.optional(),
  start_id: eventId.optional(),
  limit,
  reverse: flag.default(false),
});

export function eventRoutes(app: HttpApp, { manager }: HttpParts): void {
  const page = async (sid: string, request: IncomingMessage, query: Omit<EventQuery, 'sid'>) => {
    const conversation = await attached(manager, sid, request);
    try {
      const { events, hasMore } = await conversation.eventStream.events(query);
      return { events, has_more: hasMore };
    } finally {
      await manager.detachFromConversation(conversation);
    }
  };

  app.get(
    '/api/conversations/:id/events',
    { schema: { params: sidParams, querystring: eventsQuery } },
    ({ params, query, raw }) => {
      const { start_id, end_id, reverse, limit } = query;
      return page(params.id, raw, {
        ...(start_id === undefined ? {} : { after: start_id - 1 }),
        ...(end_id === undefined ? {} : { before: end_id + 1 }),
        reverse,
        limit,
        ...conditions(query.filter ?? {}),
      });
    },
  );

  app.get(
    '/api/conversations/:id/events/search',
    { schema: { params: sidParams, querystring: searchQuery } },
    ({ params, query, raw }) => {
      const { start_id, reverse, limit, event_type, ...rest } = query;
      const from = reverse ? { before: (start_id ?? 0) + 1 } : { after: (start_id ?? 0) - 1 };
      return page(params.id, raw, {
        ...(start_id === undefined ? {} : from),
        reverse,
        limit,
        ...conditions(event_type === undefined ? rest : { ...rest, kinds: event_type }),
      });
    },
  );
}

/** A blank search and an empty list of kinds ask for nothing in particular. */
function conditions({ kinds, source, query, start_date, end_date }: EventFilter): Partial<EventQuery> {
  return {
    ...(kinds === undefined || kinds.length === 0 ? {} : { kinds }),
    ...(source === undefined ? {} : { source }),
    ...(query === undefined || query.trim() === '' ? {} : { text: query }),
    ...(start_date === undefined ? {} : { since: start_date }),
    ...(end_date === undefined ? {} : { until: end_date }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // refused by the schema
  }
}
