/**
 * The reader of the log: runs in the reader's thread, on a connection of its own, beside the writer. Every call takes a
 * few milliseconds at most: what may take longer is answered in slices, and the caller asks for the next.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { ConversationRecord, ListPage, OwnedQuery, Snapshot } from '../event-store.ts';
import { toFaithful } from '../faithful-text.ts';
import { listPage, type PlainListQuery } from '../query-rules.ts';
import { integerOf, plainTextOf, type Row, recordOf, textOf } from '../rows.ts';
import type { Argument, Call, ReaderCalls, Result } from './calls.ts';
import { PageReader } from './page-reader.ts';
import { prepareReading, type ReadingStatements } from './statements.ts';

export class LogReader implements ReaderCalls {
  readonly #database: DatabaseSync;
  readonly #sql: ReadingStatements;
  readonly #pages: PageReader;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#sql = prepareReading(database);
    this.#pages = new PageReader(this.#sql);
  }

  close(): void {
    this.#database.close();
  }

  answer(call: Call<ReaderCalls>): unknown {
    switch (call[0]) {
      case 'conversation':
        return this.conversation(call[1]);
      case 'list':
        return this.list(call[1]);
      case 'events':
        return this.events(call[1]);
      case 'heads':
        return this.heads(call[1]);
      case 'searchLag':
        return this.searchLag();
      case 'due':
        return this.due(call[1]);
      case 'waiting':
        return this.waiting(call[1]);
      case 'waitingUsers':
        return this.waitingUsers(call[1]);
      case 'running':
        return this.running(call[1]);
      case 'owned':
        return this.owned(call[1]);
      case 'loadSnapshot':
        return this.loadSnapshot(call[1]);
    }
  }

  conversation(sid: string): ConversationRecord | null {
    const row = this.#sql.conversation.get(sid);
    return row === undefined ? null : recordOf(row);
  }

  list(query: PlainListQuery): ListPage {
    return listPage(this.#listRows(query, query.limit + 1).map(recordOf), query.limit);
  }

  /** One snapshot of the log for all statements of the slice. */
  events(query: Argument<ReaderCalls, 'events'>): Result<ReaderCalls, 'events'> {
    this.#sql.begin.run();
    try {
      return this.#pages.slice(query);
    } finally {
      this.#sql.commit.run();
    }
  }

  heads(sids: readonly string[]): Map<string, number> {
    const rows = this.#sql.heads.all(JSON.stringify(sids));
    return new Map(rows.map((row) => [plainTextOf(row, 'sid'), integerOf(row, 'head')]));
  }

  searchLag(): number {
    const last = this.#sql.lastPlace.get()?.['place'];
    const indexed = this.#sql.indexedPlace.get()?.['place'];
    return Math.max(0, Number(last ?? 0) - Number(indexed ?? 0));
  }

  due({ limit, living }: Argument<ReaderCalls, 'due'>): ConversationRecord[] {
    return this.#sql.due.all(JSON.stringify(living.map(toFaithful)), limit).map(recordOf);
  }

  waiting({ limit, userId }: Argument<ReaderCalls, 'waiting'>): ConversationRecord[] {
    return this.#sql.waiting.all(toFaithful(userId), limit).map(recordOf);
  }

  waitingUsers({ after, limit }: Argument<ReaderCalls, 'waitingUsers'>): string[] {
    const rows =
      after === null
        ? this.#sql.waitingUsers.all(limit)
        : this.#sql.waitingUsersAfter.all(toFaithful(after), limit);
    return rows.map((row) => textOf(row, 'user_id'));
  }

  running({ limit, userId }: Argument<ReaderCalls, 'running'>): ConversationRecord[] {
    return this.#sql.running.all(toFaithful(userId), limit).map(recordOf);
  }

  owned({ owners, sids, userId }: OwnedQuery): ConversationRecord[] {
    const names = JSON.stringify(owners.map(toFaithful));
    const user = userId === undefined ? null : toFaithful(userId);
    const rows =
      sids !== undefined
        ? this.#sql.ownedOfSids.all(names, user, JSON.stringify(sids))
        : user !== null
          ? this.#sql.ownedOfUser.all(names, user)
          : this.#sql.owned.all(names);
    return rows.map(recordOf);
  }

  loadSnapshot({ sid, version }: Argument<ReaderCalls, 'loadSnapshot'>): Snapshot | null {
    const row = this.#sql.snapshot.get(sid, toFaithful(version));
    return row === undefined ? null : { sid, id: integerOf(row, 'id'), version, state: textOf(row, 'state') };
  }

  #listRows({ place, userId }: PlainListQuery, most: number): Row[] {
    if (userId === null) {
      if (place === null) return this.#sql.newestOfAll.all(most);
      return this.#sql.afterOfAll.all(place.createdAt, place.sid, most);
    }
    const user = toFaithful(userId);
    if (place === null) return this.#sql.newestOfUser.all(user, most);
    return this.#sql.afterOfUser.all(user, place.createdAt, place.sid, most);
  }
}
