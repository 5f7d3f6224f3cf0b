/**
 * `EventStore` on PostgreSQL (15 and newer), which many nodes share. An append is one statement and one commit; appends
 * that come while another one is under way go together with the next. No transaction spans a round trip, so a node that
 * stops in the middle of anything holds nothing.
 *
 * States: closed ──open()──▶ open ──dispose──▶ closed.
 */
import { ConveneError } from '../../errors.ts';
import type { StoredEvent } from '../../events/event.ts';
import { matchesSearch } from '../../events/search-tokens.ts';
import { type EncodedAppend, encodeAppend, sizeOf } from '../append-rules.ts';
import { decodeEvent } from '../event-row.ts';
import type {
  AppendRequest,
  AppendResult,
  ClaimResult,
  ConversationRecord,
  EventPage,
  EventQuery,
  EventStore,
  ListPage,
  ListQuery,
  OwnedQuery,
  Snapshot,
} from '../event-store.ts';
import { toFaithful } from '../faithful-text.ts';
import { jsonCopy } from '../json-copy.ts';
import {
  listPage,
  newestQuery,
  type PlainListQuery,
  type PlainQuery,
  pageSize,
  plainListQuery,
  plainQuery,
} from '../query-rules.ts';
import { eventRowOf, integerOf, plainTextOf, type Row, recordOf, textOf } from '../rows.ts';
import { type Answer, answersSchema, requestOf, resultOf } from './append-answers.ts';
import { answersOf, arePlain, columnsOf } from './append-many.ts';
import { AppendQueue } from './append-queue.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { sql } from './statements.ts';

interface Open {
  readonly database: Database;
  readonly queue: AppendQueue<EncodedAppend, Answer>;
}

export interface PostgresEventStoreOptions extends DatabaseOptions {
  /** So many appends that go together are put into the database as a set, where they can be. @default 8 */
  readonly manyFrom?: number;
}

const MANY = 8;

/** A search looks through so many events at a time. */
const SCANNED = 500;

export class PostgresEventStore implements EventStore {
  readonly #options: PostgresEventStoreOptions;
  #parts: Open | null = null;

  constructor(options: PostgresEventStoreOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    if (this.#parts !== null) return;
    const database = new Database(this.#options);
    try {
      await database.migrate();
    } catch (error) {
      await database.close();
      throw error;
    }
    this.#parts = {
      database,
      queue: new AppendQueue({
        send: (requests) => send(database, requests, this.#options.manyFrom ?? MANY),
      }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const parts = this.#parts;
    this.#parts = null;
    await parts?.queue.settled();
    await parts?.database.close();
  }

  async append(request: AppendRequest): Promise<AppendResult> {
    const encoded = encodeAppend(request);
    const answering = this.#open().queue.append(encoded, sizeOf(encoded));
    // The caller may change its objects before the answer comes.
    const copies = jsonCopy(request.events);
    return resultOf(await answering, encoded, copies);
  }

  claim(sid: string, incarnation: string, dead: readonly string[] = []): Promise<ClaimResult> {
    return this.#change(sid, async (database) => {
      const values = [toFaithful(sid), toFaithful(incarnation), dead.map(toFaithful)];
      const [claimed] = await database.write('claim', sql.claim, values);
      if (claimed !== undefined) return { outcome: 'claimed', conversation: recordOf(claimed) };
      const found = await this.#find(database, sid);
      if (found === null) return { outcome: 'missing' };
      return { outcome: 'refused', owner: found.owner, desired: found.desired };
    });
  }

  release(sid: string, epoch: number): Promise<boolean> {
    return this.#changes('release', sid, [toFaithful(sid), epoch]);
  }

  markExecuting(sid: string, epoch: number, actionId: number): Promise<boolean> {
    return this.#changes('markExecuting', sid, [toFaithful(sid), epoch, actionId]);
  }

  rename(sid: string, title: string, from?: string): Promise<boolean> {
    return this.#changes('rename', sid, [
      toFaithful(sid),
      toFaithful(title),
      from === undefined ? null : toFaithful(from),
    ]);
  }

  remove(sid: string): Promise<boolean> {
    return this.#change(sid, async (database) => {
      const [row] = await database.write('remove', sql.remove, [toFaithful(sid)]);
      return row?.['removed'] === true;
    });
  }

  async conversation(sid: string): Promise<ConversationRecord | null> {
    return this.#find(this.#open().database, sid);
  }

  async list(query: ListQuery): Promise<ListPage> {
    const plain = plainListQuery(query);
    return listPage((await this.#listRows(plain)).map(recordOf), plain.limit);
  }

  async events(query: EventQuery): Promise<EventPage> {
    const plain = plainQuery(query);
    if (plain.words.length > 0) return this.#search(plain);
    return this.#page(plain);
  }

  async newest(sid: string, kind: string, upTo = Infinity): Promise<StoredEvent | null> {
    return (await this.#page(newestQuery(sid, kind, upTo))).events[0] ?? null;
  }

  async heads(sids: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.#read('heads', [sids.map(toFaithful)]);
    return new Map(rows.map((row) => [plainTextOf(row, 'sid'), integerOf(row, 'head')]));
  }

  /** Always 0: there is no index, a search scans. */
  async searchLag(): Promise<number> {
    this.#open();
    return 0;
  }

  async due({ limit, living }: { living: readonly string[]; limit: number }): Promise<ConversationRecord[]> {
    return (await this.#read('due', [living.map(toFaithful), limit])).map(recordOf);
  }

  async waiting(userId: string, limit: number): Promise<ConversationRecord[]> {
    return (await this.#read('waiting', [toFaithful(userId), limit])).map(recordOf);
  }

  async waitingUsers(after: string | null, limit: number): Promise<string[]> {
    const rows = await this.#read('waitingUsers', [after === null ? null : toFaithful(after), limit]);
    return rows.map((row) => textOf(row, 'user_id'));
  }

  async running(userId: string, limit: number): Promise<ConversationRecord[]> {
    return (await this.#read('running', [toFaithful(userId), limit])).map(recordOf);
  }

  async owned({ owners, sids, userId }: OwnedQuery): Promise<ConversationRecord[]> {
    const names = owners.map(toFaithful);
    const user = userId === undefined ? null : toFaithful(userId);
    const rows =
      sids !== undefined
        ? await this.#read('ownedOfSids', [names, user, sids.map(toFaithful)])
        : user !== null
          ? await this.#read('ownedOfUser', [names, user])
          : await this.#read('owned', [names]);
    return rows.map(recordOf);
  }

  saveSnapshot({ id, sid, state, version }: Snapshot): Promise<void> {
    return this.#change(sid, async (database) => {
      await database.write('saveSnapshot', sql.saveSnapshot, [
        toFaithful(sid),
        toFaithful(version),
        id,
        toFaithful(state),
      ]);
    });
  }

  async loadSnapshot(sid: string, version: string): Promise<Snapshot | null> {
    const [row] = await this.#read('loadSnapshot', [toFaithful(sid), toFaithful(version)]);
    return row === undefined ? null : { sid, id: integerOf(row, 'id'), version, state: textOf(row, 'state') };
  }

  #open(): Open {
    if (this.#parts === null) throw new ConveneError('store_unavailable', 'The store is not open.');
    return this.#parts;
  }

  /** Has its place in the order of what changes conversations. */
  async #change<T>(sid: string, task: (database: Database) => Promise<T>): Promise<T> {
    const { database, queue } = this.#open();
    return queue.run(sid, () => task(database));
  }

  #changes(
    name: 'release' | 'markExecuting' | 'rename',
    sid: string,
    values: readonly unknown[],
  ): Promise<boolean> {
    return this.#change(sid, async (database) => (await database.write(name, sql[name], values)).length > 0);
  }

  async #read(name: keyof typeof sql, values: readonly unknown[]): Promise<Row[]> {
    return this.#open().database.read(name, sql[name], values);
  }

  async #find(database: Database, sid: string): Promise<ConversationRecord | null> {
    const [row] = await database.read('conversation', sql.conversation, [toFaithful(sid)]);
    return row === undefined ? null : recordOf(row);
  }

  #listRows({ limit, place, userId }: PlainListQuery): Promise<Row[]> {
    const most = limit + 1;
    if (userId === null) {
      if (place === null) return this.#read('newestOfAll', [most]);
      return this.#read('afterOfAll', [most, place.createdAt, place.sid]);
    }
    const user = toFaithful(userId);
    if (place === null) return this.#read('newestOfUser', [most, user]);
    return this.#read('afterOfUser', [most, user, place.createdAt, place.sid]);
  }

  async #page(query: PlainQuery): Promise<EventPage> {
    const { events, total } = await this.#rows(query, query.limit + 1);
    const shown = events.slice(0, query.limit);
    return { events: shown.map(({ event }) => event), hasMore: total > shown.length };
  }

  /** Looks through the log, a part at a time, until there are enough that match, and one more. */
  async #search(query: PlainQuery): Promise<EventPage> {
    const found: StoredEvent[] = [];
    let { after, before } = query;
    let size = 0;
    for (;;) {
      const { events, total } = await this.#rows({ ...query, after, before }, SCANNED);
      for (const { event, length } of events) {
        if (!matchesSearch(event, query.words)) continue;
        if (found.length === query.limit || size >= pageSize) return { events: found, hasMore: true };
        found.push(event);
        size += length;
      }
      const last = events.at(-1);
      if (last === undefined || (total < SCANNED && events.length === total))
        return { events: found, hasMore: false };
      if (query.reverse) before = last.event.id;
      else after = last.event.id;
    }
  }

  async #rows(
    query: PlainQuery,
    most: number,
  ): Promise<{ events: { event: StoredEvent; length: number }[]; total: number }> {
    const { after, before, kinds, reverse, sid, since, source, until } = query;
    const rows = await this.#read(reverse ? 'descending' : 'ascending', [
      toFaithful(sid),
      after,
      before,
      wholeWithin(Math.ceil(since)),
      wholeWithin(Math.floor(until)),
      source,
      kinds === null ? null : kinds.map(toFaithful),
      most,
    ]);
    const events = rows.map((row) => {
      const found = eventRowOf(row);
      return { event: decodeEvent(found), length: found.data.length };
    });
    const [first] = rows;
    return { events, total: first === undefined ? 0 : integerOf(first, 'total') };
  }
}

/** Sorted by sid: everybody locks conversations in this order. Those of one conversation stay in theirs. */
async function send(
  database: Database,
  requests: readonly EncodedAppend[],
  manyFrom: number,
): Promise<readonly Answer[]> {
  const order = requests
    .map((request, index) => ({ request, index }))
    .sort((left, right) => compare(left.request.sid, right.request.sid) || left.index - right.index);
  const sorted = await sendSorted(
    database,
    order.map(({ request }) => request),
    manyFrom,
  );
  const answers: Answer[] = [];
  for (const [place, { index }] of order.entries()) {
    const answer = sorted[place];
    if (answer === undefined) throw new ConveneError('internal', 'An append was not answered.');
    answers[index] = answer;
  }
  return answers;
}

async function sendSorted(
  database: Database,
  requests: readonly EncodedAppend[],
  manyFrom: number,
): Promise<readonly Answer[]> {
  if (arePlain(requests, manyFrom)) {
    const [row] = await database.write('appendMany', sql.appendMany, columnsOf(requests));
    const answers = answersOf(row?.['answers'], requests);
    if (answers !== null) return answers;
  }
  const [row] = await database.write('append', sql.append, [JSON.stringify(requests.map(requestOf))]);
  return answersSchema.parse(row?.['answers']);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function wholeWithin(bound: number): number {
  return Math.min(Math.max(bound, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
}
