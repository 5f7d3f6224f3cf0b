/**
 * Pages of events, in slices of a few milliseconds. A range of ids is read in up to three parts, in the direction of the
 * query: what the search index has taken in is asked of the index, its nearest events apart, which are scanned first,
 * because a common word is found there sooner; what the index has yet to take in is scanned.
 */
import type { EventRow } from '../event-row.ts';
import { toFaithful } from '../faithful-text.ts';
import type { PlainQuery } from '../query-rules.ts';
import { eventRowOf, integerOf } from '../rows.ts';
import type { PageRow, Slice } from './calls.ts';
import { matchesData } from './scan-match.ts';
import { matchOf, matchWords } from './search-terms.ts';
import type { ReadingStatements } from './statements.ts';

/** After this a slice ends at the next event. */
const sliceMs = 4;
/** A slice ends with the event that makes it longer than this, in characters of `data`. */
const sliceSize = 256_000;
/** How many ids one statement looks through where filters may leave out most of them. */
const windowSize = 2000;
/** How many of the nearest events are scanned before the index is asked. */
const nearest = 64;

/** A part of the range: ids above `after` and below `before`. */
interface Part {
  readonly after: number;
  readonly before: number;
  readonly how: 'scan' | 'index';
}

/** What a slice has collected so far. */
interface Collected {
  readonly rows: PageRow[];
  count: number;
  size: number;
  readonly deadline: number;
}

/** How the reading of a part ended: at its end, with a match too many, or for its time or size, at an id. */
type End = 'end' | 'more' | { readonly at: number };

export class PageReader {
  readonly #sql: ReadingStatements;

  constructor(sql: ReadingStatements) {
    this.#sql = sql;
  }

  slice(query: PlainQuery): Slice {
    const collected: Collected = { rows: [], count: 0, size: 0, deadline: performance.now() + sliceMs };
    const conversation = this.#sql.number.get(query.sid);
    if (conversation !== undefined) {
      const number = integerOf(conversation, 'number');
      for (const part of this.#parts(query, number, integerOf(conversation, 'head'))) {
        const end = this.#read(query, number, part, collected);
        if (end === 'more') return { rows: collected.rows, next: null, hasMore: true };
        if (end !== 'end') return { rows: collected.rows, next: end.at, hasMore: false };
      }
    }
    return { rows: collected.rows, next: null, hasMore: false };
  }

  /** In the direction of the query. */
  #parts({ reverse, words, ...query }: PlainQuery, number: number, head: number): Part[] {
    const { after } = query;
    const before = Math.min(query.before, head + 1);
    if (words.length === 0) return [{ after, before, how: 'scan' }];
    const indexed = this.#newestIndexed(number, head);
    const end = Math.min(before, indexed + 1);
    const turn = reverse ? Math.max(end - nearest - 1, after) : Math.min(after + nearest, end - 1);
    const parts: Part[] = reverse
      ? [
          { after: turn, before: end, how: 'scan' },
          { after, before: turn + 1, how: 'index' },
        ]
      : [
          { after, before: turn + 1, how: 'scan' },
          { after: turn, before: end, how: 'index' },
        ];
    const tail: Part = { after: Math.max(after, indexed), before, how: 'scan' };
    return (reverse ? [tail, ...parts] : [...parts, tail]).filter((part) => part.before - part.after > 1);
  }

  /** The newest event of a conversation that the index has taken in: places go up with ids. */
  #newestIndexed(number: number, head: number): number {
    const indexed = Number(this.#sql.indexedPlace.get()?.['place'] ?? 0);
    const isIndexed = (id: number) => (this.#placeOf(number, id) ?? 0) <= indexed;
    if (head < 0 || isIndexed(head)) return head;
    let low = -1;
    let high = head;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (isIndexed(middle)) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Null where the conversation has no event of this id. */
  #placeOf(number: number, id: number): number | null {
    const row = this.#sql.place.get(number, id);
    return row === undefined ? null : integerOf(row, 'place');
  }

  #read(query: PlainQuery, number: number, part: Part, collected: Collected): End {
    return part.how === 'index'
      ? this.#find(query, number, part, collected)
      : this.#scan(query, number, part, collected);
  }

  #find(query: PlainQuery, number: number, { after, before }: Part, collected: Collected): End {
    const { words } = query;
    const asked = matchWords(words);
    const isExact = asked.length === words.length;
    const statement = query.reverse ? this.#sql.foundDescending : this.#sql.foundAscending;
    const most = isExact ? query.limit - collected.count + 1 : -1;
    const match = matchOf(number, asked, query);
    const afterPlace = this.#placeOf(number, after) ?? 0;
    const beforePlace = this.#placeOf(number, before) ?? Number.MAX_SAFE_INTEGER;
    const rows = statement.iterate({ ...filtersOf(query), number, afterPlace, beforePlace, most, match });
    return this.#collect(query, rows, collected, isExact ? [] : words) ?? 'end';
  }

  #scan(query: PlainQuery, number: number, part: Part, collected: Collected): End {
    const { limit, reverse, words } = query;
    const filters = filtersOf(query);
    const statement = reverse ? this.#sql.descending : this.#sql.ascending;
    const width = isFiltered(query) ? windowSize : Infinity;
    let { after, before } = part;
    while (before - after > 1) {
      const window = reverse
        ? { after: Math.max(after, before - 1 - width), before }
        : { after, before: Math.min(before, after + 1 + width) };
      const most = words.length === 0 ? limit - collected.count + 1 : -1;
      const end = this.#collect(
        query,
        statement.iterate({ ...filters, number, ...window, most }),
        collected,
        words,
      );
      if (end !== null) return end;
      if (reverse) before = window.after + 1;
      else after = window.before - 1;
      if (performance.now() > collected.deadline) return { at: reverse ? before : after };
    }
    return 'end';
  }

  /** Takes rows until there is one too many, or the slice is over; null at their end. */
  #collect(
    { limit }: PlainQuery,
    rows: ReturnType<ReadingStatements['ascending']['iterate']>,
    collected: Collected,
    words: readonly string[],
  ): End | null {
    for (const raw of rows) {
      const row = eventRowOf(raw);
      if (matchesData(row.data, words)) {
        if (collected.count === limit) return 'more';
        take(collected, row);
      }
      const isOver = words.length > 0 && performance.now() > collected.deadline;
      if (isOver || collected.size > sliceSize) return { at: row.id };
    }
    return null;
  }
}

function take(collected: Collected, { at, cause, data, id, source }: EventRow): void {
  collected.rows.push([id, at, source, cause, data]);
  collected.count += 1;
  collected.size += data.length;
}

function filtersOf({ kinds, since, source, until }: PlainQuery) {
  return { kinds: kinds === null ? null : JSON.stringify(kinds.map(toFaithful)), since, source, until };
}

function isFiltered({ kinds, since, source, until }: PlainQuery): boolean {
  return kinds !== null || source !== null || since > -Infinity || until < Infinity;
}
