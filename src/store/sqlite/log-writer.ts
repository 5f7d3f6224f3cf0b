/**
 * The writer of the log: carries calls out together, in one transaction, and answers each by itself. Runs in the
 * writer's thread and blocks it until the commit is on the disk.
 *
 *   idle ──run()──▶ in a transaction ──committed──▶ idle
 *                        │ a statement or the commit failed: rolled back
 *                        ▼
 *                   each call in a transaction of its own ──▶ idle
 *
 * So one call's failure fails no other. A call whose own transaction fails too is answered with `store_unavailable`;
 * with `outcome_unknown` where a commit was tried, because a commit that failed may have reached the disk all the same.
 * Where no transaction can begin at all, every call is answered with `store_unavailable`, untried. Where one cannot be
 * rolled back, `run` throws: nothing is known any more, and the thread ends.
 */
import type { DatabaseSync } from 'node:sqlite';
import { ConveneError } from '../../errors.ts';
import { integerOf } from '../rows.ts';
import type { Answer, Call, WriterCalls } from './calls.ts';
import { LogChanges } from './log-changes.ts';
import { prepareWriting, type WritingStatements } from './statements.ts';

/**
 * How many pages the write-ahead log may have before it is moved into the database file: 32 MB. A busy store changes the
 * same pages of its indexes in every commit; the longer the log, the fewer times each of them is moved.
 */
export const walPages = 4096;

/** What one step of a purge deletes at most. */
const purgeEvents = 256;
const purgeBytes = 1_000_000;

class BeginFailure extends Error {
  override readonly name = 'BeginFailure';
}

class CommitFailure extends Error {
  override readonly name = 'CommitFailure';
}

class RollbackFailure extends Error {
  override readonly name = 'RollbackFailure';
}

export class LogWriter {
  readonly #database: DatabaseSync;
  readonly #sql: WritingStatements;
  readonly #changes: LogChanges;

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(`PRAGMA wal_autocheckpoint = ${walPages}`);
    this.#sql = prepareWriting(database);
    this.#changes = new LogChanges(this.#sql);
  }

  /** Answers in the order of the calls. */
  run(calls: readonly Call<WriterCalls>[]): Answer<unknown>[] {
    try {
      return this.#transaction(() => calls.map((call) => this.#answer(call)));
    } catch (error) {
      if (error instanceof RollbackFailure) throw error;
      return this.#runEach(calls, error);
    }
  }

  /** Deletes a bounded part of what deleted conversations left. Answers whether there may be more. */
  purge(): boolean {
    const next = this.#sql.nextToPurge.get();
    if (next === undefined) return false;
    const number = integerOf(next, 'number');
    this.#transaction(() => {
      const last = this.#lastOfPurge(number);
      if (last !== null) {
        this.#sql.purgeEvents.run(number, last);
      } else {
        this.#sql.purgeSnapshots.run(number);
        this.#sql.setPurged.run(integerOf(next, 'place'));
      }
    });
    return true;
  }

  /** Moves all that is committed from the write-ahead log into the database file. */
  close(): void {
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#database.close();
  }

  #transaction<T>(work: () => T): T {
    attempt(() => this.#sql.begin.run(), BeginFailure);
    try {
      const result = work();
      this.#changes.flush();
      attempt(() => this.#sql.commit.run(), CommitFailure);
      this.#changes.committed();
      return result;
    } catch (error) {
      this.#changes.forget();
      if (this.#database.isTransaction) attempt(() => this.#sql.rollback.run(), RollbackFailure);
      throw error;
    }
  }

  /** What is left to do when a transaction of all these calls has failed. */
  #runEach(calls: readonly Call<WriterCalls>[], failure: unknown): Answer<unknown>[] {
    const mayBeStored = failure instanceof CommitFailure;
    let error = failure;
    return calls.map((call) => {
      if (!(error instanceof BeginFailure)) {
        try {
          return this.#transaction(() => this.#answer(call));
        } catch (caught) {
          if (caught instanceof RollbackFailure) throw caught;
          error = caught;
        }
      }
      const code = mayBeStored || error instanceof CommitFailure ? 'outcome_unknown' : 'store_unavailable';
      return { failure: { code, message: `The database failed: ${reasonOf(error)}` } };
    });
  }

  /** What the rules refuse by an exception is refused before anything is written. */
  #answer(call: Call<WriterCalls>): Answer<unknown> {
    try {
      return this.#changes.execute(call);
    } catch (error) {
      if (!(error instanceof ConveneError)) throw error;
      return { failure: { code: error.code, message: error.message } };
    }
  }

  /** The id of the last event that the next step of a purge deletes; null where no event is left. */
  #lastOfPurge(number: number): number | null {
    let last: number | null = null;
    let bytes = 0;
    for (const row of this.#sql.firstToPurge.iterate(number, purgeEvents)) {
      if (last !== null && bytes > purgeBytes) break;
      last = integerOf(row, 'id');
      bytes += integerOf(row, 'size');
    }
    return last;
  }
}

/** Runs `work`; its failure is told as one of `Failure`. */
function attempt(work: () => unknown, Failure: new (message: string, options: ErrorOptions) => Error): void {
  try {
    work();
  } catch (cause) {
    throw new Failure(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
