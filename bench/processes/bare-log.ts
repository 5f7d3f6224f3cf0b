/** A table that rows are committed to, one a commit, as the store keeps an event. */
import type { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../src/store/sqlite/migrations.ts';
import { prepareWriting, type WritingStatements } from '../../src/store/sqlite/statements.ts';

export class BareLog {
  readonly #database: DatabaseSync;
  readonly #sql: WritingStatements;
  #place = 0;

  constructor(database: DatabaseSync) {
    migrate(database);
    this.#database = database;
    this.#sql = prepareWriting(database);
  }

  /** Answers with how long it took, in ms. */
  commit(data: string): number {
    const { addEvent, begin, commit } = this.#sql;
    const place = this.#place;
    const start = performance.now();
    begin.run();
    addEvent.run(place, 1, place, Date.now(), 'user', 'message', null, 'user:', keyOf(place), 1, data);
    commit.run();
    this.#place += 1;
    return performance.now() - start;
  }

  close(): void {
    this.#database.close();
  }
}

function keyOf(number: number): string {
  return number.toString(16).padStart(32, '0');
}
