/**
 * The search index: follows the log in the order of commits, in short steps, on a file of its own, so
 * that no append ever waits for it. Runs in the indexer's thread.
 *
 * It holds nothing that the log does not: an index of another log, of another version, or one that is ahead of its log
 * (which was put back from a backup) is thrown away and made anew.
 */
import { existsSync, rmSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { searchText, searchTokens } from '../../events/search-tokens.ts';
import { parseStoredBody } from '../../events/stored-body.ts';
import { integerOf, plainTextOf, type Row, textOf } from '../rows.ts';
import { openForIndexing, type StoreFiles } from './database.ts';
import { matchAll, termsOf, termsVersion, wordsTable } from './search-terms.ts';

/** After this a step ends at the next event. */
const stepMs = 50;
/** How many events, or how many deletions, one step takes at most. */
const stepSize = 2000;

const schema = `
  ${wordsTable};
  -- One row. "place" is that of the newest event taken in; conversation, id and at are that event's, or 0 before the
  -- first. "removed" is the place of the newest deleted conversation whose words are gone.
  CREATE TABLE progress (
    log_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    place INTEGER NOT NULL,
    conversation INTEGER NOT NULL,
    id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    removed INTEGER NOT NULL
  ) STRICT`;

const statements = {
  progress: 'SELECT * FROM progress',
  newestPlace: 'SELECT max(place) AS place FROM log.event',
  // Of a deleted conversation nothing is taken in.
  next: `
    SELECT e.place, e.conversation, e.id, e.at, e.source, e.kind, CASE WHEN c.number IS NULL THEN NULL ELSE e.data END AS data
    FROM log.event AS e LEFT JOIN log.conversation AS c ON c.number = e.conversation
    WHERE e.place > ? ORDER BY e.place LIMIT ?`,
  add: 'INSERT INTO words (rowid, terms) VALUES (?, ?)',
  setProgress: 'UPDATE progress SET place = ?, conversation = ?, id = ?, at = ?',
  nextRemoved: 'SELECT place, number FROM log.removed WHERE place > ? ORDER BY place LIMIT 1',
  indexed: 'SELECT rowid AS place FROM words WHERE words MATCH ? LIMIT ?',
  remove: 'DELETE FROM words WHERE rowid = ?',
  setRemoved: 'UPDATE progress SET removed = ?',
} as const;

/** Whether an index is of this log, by this version, and not ahead of it. */
const fits = `
  SELECT 1 FROM progress AS p
  WHERE p.version = ? AND p.log_id = (SELECT value FROM log.meta WHERE name = 'log_id')
    AND (p.place = 0
      OR EXISTS (SELECT 1 FROM log.event AS e
        WHERE e.place = p.place AND e.conversation = p.conversation AND e.id = p.id AND e.at = p.at)
      OR EXISTS (SELECT 1 FROM log.removed AS r WHERE r.number = p.conversation))`;

type Statements = Readonly<Record<keyof typeof statements, StatementSync>>;

export class SearchIndex {
  readonly #database: DatabaseSync;
  readonly #sql: Statements;

  /** Opens the index of a log that is open already, or makes it anew. */
  constructor(files: StoreFiles) {
    this.#database = openFitting(files) ?? create(files);
    this.#sql = prepare(this.#database);
  }

  close(): void {
    this.#database.close();
  }

  /** The place of the newest event of the log. */
  newestPlace(): number {
    return Number(this.#sql.newestPlace.get()?.['place'] ?? 0);
  }

  /** Takes a bounded part of the log in, or forgets a part of what was deleted. Answers whether there is more to do. */
  step(): boolean {
    this.#database.exec('BEGIN');
    try {
      const hasMore = this.#forget() || this.#takeIn();
      this.#database.exec('COMMIT');
      return hasMore;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #forget(): boolean {
    const progress = this.#sql.progress.get() ?? {};
    const next = this.#sql.nextRemoved.get(integerOf(progress, 'removed'));
    if (next === undefined) return false;
    const number = integerOf(next, 'number');
    const rows = this.#sql.indexed.all(matchAll(number), stepSize);
    for (const row of rows) this.#sql.remove.run(integerOf(row, 'place'));
    if (rows.length < stepSize) this.#sql.setRemoved.run(integerOf(next, 'place'));
    return true;
  }

  #takeIn(): boolean {
    const deadline = performance.now() + stepMs;
    const from = integerOf(this.#sql.progress.get() ?? {}, 'place');
    let last: Row | null = null;
    let count = 0;
    let isOver = false;
    for (const row of this.#sql.next.iterate(from, stepSize)) {
      if (row['data'] !== null) this.#add(row);
      last = row;
      count += 1;
      isOver = count === stepSize || performance.now() > deadline;
      if (isOver) break;
    }
    if (last !== null) {
      const columns = ['place', 'conversation', 'id', 'at'] as const;
      this.#sql.setProgress.run(...columns.map((column) => integerOf(last, column)));
    }
    return isOver;
  }

  #add(row: Row): void {
    const tokens = searchTokens(searchText(parseStoredBody(plainTextOf(row, 'data'))));
    if (tokens.length === 0) return;
    const conversation = integerOf(row, 'conversation');
    const terms = termsOf({
      conversation,
      kind: textOf(row, 'kind'),
      source: plainTextOf(row, 'source'),
      tokens,
    });
    this.#sql.add.run(integerOf(row, 'place'), terms);
  }
}

/** Null where there is none, or one that cannot be used. */
function openFitting(files: StoreFiles): DatabaseSync | null {
  if (!existsSync(files.search)) return null;
  let database: DatabaseSync | null = null;
  try {
    database = openForIndexing(files);
    if (database.prepare(fits).get(termsVersion) !== undefined) return database;
  } catch {
    // What cannot be read is no index of ours: it is made anew, which tells if the disk is at fault.
  }
  database?.close();
  return null;
}

function create(files: StoreFiles): DatabaseSync {
  for (const suffix of ['', '-wal', '-shm']) rmSync(files.search + suffix, { force: true });
  const database = openForIndexing(files);
  database.exec(`BEGIN IMMEDIATE; ${schema}`);
  database
    .prepare("INSERT INTO progress SELECT value, ?, 0, 0, 0, 0, 0 FROM log.meta WHERE name = 'log_id'")
    .run(termsVersion);
  database.exec('COMMIT');
  return database;
}

function prepare(database: DatabaseSync): Statements {
  return {
    progress: database.prepare(statements.progress),
    newestPlace: database.prepare(statements.newestPlace),
    next: database.prepare(statements.next),
    add: database.prepare(statements.add),
    setProgress: database.prepare(statements.setProgress),
    nextRemoved: database.prepare(statements.nextRemoved),
    indexed: database.prepare(statements.indexed),
    remove: database.prepare(statements.remove),
    setRemoved: database.prepare(statements.setRemoved),
  };
}
