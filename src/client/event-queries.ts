/** Queries of the log, in the client's words and in those of the wire. */
import type { Source } from '../events/event.ts';
import type { HttpRequest } from './http.ts';

export interface EventFilter {
  /** Names of actions and observations. */
  readonly kinds?: readonly string[];
  readonly source?: Source;
  /** Every word must begin a word of the event. */
  readonly query?: string;
  /** ISO 8601; a day alone means its beginning. */
  readonly since?: string;
  /** ISO 8601; a day alone means its end. */
  readonly until?: string;
}

export interface EventPageQuery extends EventFilter {
  /** The lowest id. */
  readonly from?: number;
  /** The highest id. */
  readonly to?: number;
  /** Newest first. @default false */
  readonly reverse?: boolean;
  /** 1 to 100. @default 20 */
  readonly limit?: number;
}

/** From `from` on: upwards, or downwards with `reverse`. */
export type SearchQuery = Omit<EventPageQuery, 'to'>;

type Query = NonNullable<HttpRequest['query']>;

export function eventQuery({ from, limit, reverse, to, ...filter }: EventPageQuery): Query {
  const { kinds, query, since, source, until } = filter;
  const conditions = { kinds, source, query, start_date: since, end_date: until };
  const isAsked = Object.values(conditions).some((value) => value !== undefined);
  return {
    start_id: from,
    end_id: to,
    reverse,
    limit,
    filter: isAsked ? JSON.stringify(conditions) : undefined,
  };
}

export function searchQuery({
  from,
  kinds,
  limit,
  query,
  reverse,
  since,
  source,
  until,
}: SearchQuery): Query {
  return {
    start_id: from,
    limit,
    reverse,
    query,
    source,
    event_type: kinds?.join(','),
    start_date: since,
    end_date: until,
  };
}
