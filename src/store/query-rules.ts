/** Queries as adapters run them: checked, with every default filled in; and the orders of their answers. */
import { ConveneError } from '../errors.ts';
import { searchTokens } from '../events/search-tokens.ts';
import type { EventRow } from './event-row.ts';
import type { ConversationRecord, EventQuery, ListPage, ListQuery } from './event-store.ts';

/** A page ends with the event that makes it longer than this, in characters of `data`. */
export const pageSize = 4_000_000;

export interface PlainQuery {
  readonly sid: string;
  /** Ids above `after` and below `before`. */
  readonly after: number;
  readonly before: number;
  readonly limit: number;
  readonly reverse: boolean;
  readonly kinds: readonly string[] | null;
  readonly source: string | null;
  readonly since: number;
  readonly until: number;
  /** Prefixes that must all occur; empty where any text will do. */
  readonly words: readonly string[];
}

export function plainQuery(query: EventQuery): PlainQuery {
  checkLimit(query.limit, 1000);
  const { after = -1, before = Infinity, since = -Infinity, until = Infinity } = query;
  for (const bound of [after, before, since, until]) {
    if (Number.isNaN(bound))
      throw new ConveneError('invalid_request', 'A bound of a query must be a number.');
  }
  return {
    sid: query.sid,
    after: Math.max(Math.floor(after), -1),
    before: Math.min(Math.ceil(before), Number.MAX_SAFE_INTEGER),
    limit: query.limit,
    reverse: query.reverse ?? false,
    kinds: query.kinds ?? null,
    source: query.source ?? null,
    since,
    until,
    words: query.text === undefined ? [] : wordsOf(query.text),
  };
}

/** A word that begins another one asks for nothing more. */
function wordsOf(text: string): string[] {
  const tokens = searchTokens(text);
  return tokens.filter((word) => !tokens.some((other) => other !== word && other.startsWith(word)));
}

/** Whether the columns of an event fit a query; its id and its text aside. */
export function matchesColumns(query: PlainQuery, event: Pick<EventRow, 'at' | 'kind' | 'source'>): boolean {
  if (event.at < query.since || event.at > query.until) return false;
  if (query.source !== null && query.source !== event.source) return false;
  return query.kinds === null || query.kinds.includes(event.kind);
}

/** Finds the newest event of a kind at or below `upTo`. */
export function newestQuery(sid: string, kind: string, upTo: number): PlainQuery {
  return plainQuery({ sid, kinds: [kind], before: Math.floor(upTo) + 1, reverse: true, limit: 1 });
}

export interface PlainListQuery {
  readonly userId: string | null;
  readonly limit: number;
  /** Only conversations that come after this place; null: from the newest. */
  readonly place: ListPlace | null;
}

export type ListPlace = Pick<ConversationRecord, 'createdAt' | 'sid'>;

export function plainListQuery({ cursor, limit, userId }: ListQuery): PlainListQuery {
  checkLimit(limit, 100);
  return { userId: userId ?? null, limit, place: cursor === undefined ? null : placeOf(cursor) };
}

/** A page of `limit` of these, which are in order and one more where there is more. */
export function listPage(found: readonly ConversationRecord[], limit: number): ListPage {
  const conversations = found.slice(0, limit);
  const last = conversations.at(-1);
  return { conversations, next: last !== undefined && found.length > limit ? cursorOf(last) : null };
}

/** Of the conversations that come after this one. */
export function cursorOf({ createdAt, sid }: ListPlace): string {
  return `${createdAt}.${sid}`;
}

/** Newest first. */
export function compareForList(left: ListPlace, right: ListPlace): number {
  if (left.createdAt !== right.createdAt) return right.createdAt - left.createdAt;
  return left.sid < right.sid ? 1 : left.sid > right.sid ? -1 : 0;
}

/** Least recently updated first. */
export function compareForTurn(left: ConversationRecord, right: ConversationRecord): number {
  return left.updatedAt - right.updatedAt || (left.sid < right.sid ? -1 : left.sid > right.sid ? 1 : 0);
}

function placeOf(cursor: string): ListPlace {
  const match = /^(\d{1,16})\.([A-Za-z0-9_-]{1,64})$/.exec(cursor);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new ConveneError('invalid_request', 'This page id is not one of ours.');
  }
  return { createdAt: Number(match[1]), sid: match[2] };
}

function checkLimit(limit: number, most: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > most) {
    throw new ConveneError('invalid_request', `The limit must be a whole number from 1 to ${most}.`);
  }
}
