/**
 * The writer of the log: carries calls out together, in one transaction, and answers each by itself. Runs in the
 * writer's thread and blocks it until the commit is on the disk.
 *
 *   idle ──run()──▶ in a transaction ──committed──▶ idle
 *                        │ a statement or the commit failed: rolled back, everything cached is forgotten
 *                        ▼
 *                   each call in a transaction of its own ──▶ idle
 *
 * Where no transaction can begin at all, every call is answered with `store_unavailable`, untried. Where one cannot be
 * rolled back, `run` throws: nothing is known any more, and the thread ends.
 *
 * Every call is decided before it writes anything, so a refusal costs the others nothing. A call whose own transaction
 * fails too is answered with `store_unavailable`; with `outcome_unknown` where a commit was tried, because a commit
 * that failed may have reached the disk all the same.
 */
import type { DatabaseSync } from 'node:sqlite';
import { ConveneError } from '../../errors.ts';
import { decideAppend, type EncodedAppend, hasKey, rowsOf } from '../append-rules.ts';
import { claimed, executing, released } from '../claim-rules.ts';
import type { EventRow } from '../event-row.ts';
import type { ClaimResult, ConversationRecord, Snapshot } from '../event-store.ts';
import { toFaithful } from '../faithful-text.ts';
import type { Answer, AppendAnswer, Argument, Call, WriterCalls } from './calls.ts';
import { type CachedConversation, ConversationCache } from './conversation-cache.ts';
import { eventRowOf, faithfulOrNull, integerOf, recordOf } from './rows.ts';
import { prepareWriting, type WritingStatements } from './statements.ts';

const cachedConversations = 8192;

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
  readonly #cache = new ConversationCache(cachedConversations);
  /** The newest place that was given out; one that was rolled back is not given out again. */
  #place: number;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#sql = prepareWriting(database);
    this.#place = this.#lastPlace();
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

  /** Deletes a bounded part of what deleted conversations left. Answers whether there is more. */
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

  #lastPlace(): number {
    const stored = this.#sql.lastPlace.get()?.['place'];
    const kept = this.#sql.keptLastPlace.get()?.['value'];
    return Math.max(Number(stored ?? 0), Number(kept ?? 0));
  }

  #transaction<T>(work: () => T): T {
    try {
      this.#begin();
      const result = work();
      this.#flush();
      this.#commit();
      this.#cache.evict();
      return result;
    } catch (error) {
      this.#cache.clear();
      this.#rollback();
      throw error;
    }
  }

  #begin(): void {
    try {
      this.#sql.begin.run();
    } catch (cause) {
      throw new BeginFailure('No transaction can begin.', { cause });
    }
  }

  #commit(): void {
    try {
      this.#sql.commit.run();
    } catch (cause) {
      throw new CommitFailure('The commit failed.', { cause });
    }
  }

  #rollback(): void {
    if (!this.#database.isTransaction) return;
    try {
      this.#sql.rollback.run();
    } catch (cause) {
      throw new RollbackFailure('A failed transaction cannot be rolled back.', { cause });
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
      return { number: call.number, failure: { code, message: `The database failed: ${reasonOf(error)}` } };
    });
  }

  /** What the rules refuse by an exception is refused before anything is written. */
  #answer(call: Call<WriterCalls>): Answer<unknown> {
    try {
      return { number: call.number, value: this.#execute(call) };
    } catch (error) {
      if (!(error instanceof ConveneError)) throw error;
      return { number: call.number, failure: { code: error.code, message: error.message } };
    }
  }

  #execute(call: Call<WriterCalls>): unknown {
    switch (call.name) {
      case 'append':
        return this.#append(call.argument);
      case 'claim':
        return this.#claim(call.argument);
      case 'release':
        return this.#change(call.argument.sid, (record) => released(record, call.argument.epoch));
      case 'markExecuting':
        return this.#markExecuting(call.argument);
      case 'rename':
        return this.#rename(call.argument);
      case 'remove':
        return this.#remove(call.argument);
      case 'saveSnapshot':
        return this.#saveSnapshot(call.argument);
    }
  }

  #append(request: EncodedAppend): AppendAnswer {
    const known = this.#find(request.sid);
    const decision = decideAppend(request, {
      conversation: known?.record ?? null,
      deleted: known === undefined && this.#sql.isRemoved.get(request.sid) !== undefined,
      batch: (writer, key) => (known === undefined ? null : this.#batch(known, writer, key)),
      running: (userId) => integerOf(this.#sql.countRunning.get(toFaithful(userId)) ?? {}, 'count'),
    });
    if (decision.act === 'refuse') return decision.result;
    const { desired, head, userId } = decision.conversation;
    if (decision.act === 'repeat') {
      const { rows } = decision;
      const first = rows[0]?.id ?? 0;
      return { outcome: 'appended', first, rows, head, created: false, userId, desired };
    }
    const { created, first } = decision;
    const conversation = known ?? this.#add(decision.conversation);
    this.#update(conversation, decision.conversation);
    this.#addEvents(conversation.number, request, first);
    return { outcome: 'appended', first, rows: null, head, created, userId, desired };
  }

  #addEvents(conversation: number, request: EncodedAppend, first: number): void {
    const writer = toFaithful(request.writer);
    const key = hasKey(request) ? toFaithful(request.key) : null;
    for (const { at, cause, data, id, kind, source } of rowsOf(request, first)) {
      const names = key !== null && id === first;
      this.#place += 1;
      this.#sql.addEvent.run(
        this.#place,
        conversation,
        id,
        at,
        source,
        toFaithful(kind),
        cause,
        writer,
        names ? key : null,
        names ? request.events.length : null,
        data,
      );
    }
  }

  #batch({ number }: CachedConversation, writer: string, key: string): readonly EventRow[] | null {
    const batch = this.#sql.batch.get(number, toFaithful(writer), toFaithful(key));
    if (batch === undefined) return null;
    const first = integerOf(batch, 'id');
    return this.#sql.batchRows.all(number, first, first + integerOf(batch, 'batch')).map(eventRowOf);
  }

  #claim({ dead, incarnation, sid }: Argument<WriterCalls, 'claim'>): ClaimResult {
    const known = this.#find(sid);
    if (known === undefined) return { outcome: 'missing' };
    const { desired, owner } = known.record;
    const record = claimed(known.record, incarnation, dead);
    if (record === null) return { outcome: 'refused', owner, desired };
    this.#update(known, record);
    return { outcome: 'claimed', conversation: record };
  }

  #markExecuting({ actionId, epoch, sid }: Argument<WriterCalls, 'markExecuting'>): boolean {
    return this.#change(sid, (record) => executing(record, epoch, actionId));
  }

  #change(sid: string, change: (record: ConversationRecord) => ConversationRecord | null): boolean {
    const known = this.#find(sid);
    const record = known === undefined ? null : change(known.record);
    if (known === undefined || record === null) return false;
    this.#update(known, record);
    return true;
  }

  #rename({ sid, title }: Argument<WriterCalls, 'rename'>): boolean {
    const known = this.#find(sid);
    if (known === undefined) return false;
    this.#sql.setTitle.run(toFaithful(title), known.number);
    known.record = { ...known.record, title };
    return true;
  }

  #remove(sid: string): boolean {
    const known = this.#find(sid);
    if (known === undefined) return false;
    this.#sql.deleteConversation.run(known.number);
    this.#sql.addRemoved.run(sid, known.number);
    this.#sql.keepLastPlace.run(String(this.#place));
    this.#cache.remove(known);
    return true;
  }

  #saveSnapshot({ id, sid, state, version }: Snapshot): null {
    const known = this.#find(sid);
    if (known !== undefined) {
      this.#sql.saveSnapshot.run(known.number, toFaithful(version), id, toFaithful(state));
    }
    return null;
  }

  #find(sid: string): CachedConversation | undefined {
    const cached = this.#cache.get(sid);
    if (cached !== undefined) return cached;
    const row = this.#sql.conversation.get(sid);
    if (row === undefined) return undefined;
    return this.#cache.add({ number: integerOf(row, 'number'), record: recordOf(row) });
  }

  #add(record: ConversationRecord): CachedConversation {
    const { lastInsertRowid } = this.#sql.addConversation.run(
      record.sid,
      toFaithful(record.userId),
      record.createdAt,
      record.updatedAt,
      record.head,
      record.desired,
      Number(record.due),
      faithfulOrNull(record.owner),
      record.epoch,
      record.executing,
      record.agentState,
      toFaithful(record.title),
      faithfulOrNull(record.selectedRepository),
      faithfulOrNull(record.selectedBranch),
      faithfulOrNull(record.settings),
    );
    return this.#cache.add({ number: Number(lastInsertRowid), record });
  }

  /** Writes what carries an index at once, and the rest when the transaction ends. */
  #update(known: CachedConversation, record: ConversationRecord): void {
    const before = known.record;
    if (before === record) return;
    known.record = record;
    this.#cache.dirty.add(known);
    if (before.desired !== record.desired || before.due !== record.due) {
      this.#sql.setDesired.run(record.desired, Number(record.due), known.number);
    }
    if (before.settings !== record.settings) {
      this.#sql.setSettings.run(faithfulOrNull(record.settings), known.number);
    }
  }

  #flush(): void {
    for (const { number, record } of this.#cache.dirty) {
      const { agentState, epoch, executing: action, head, owner, updatedAt } = record;
      this.#sql.setProgress.run(updatedAt, head, faithfulOrNull(owner), epoch, action, agentState, number);
    }
    this.#cache.dirty.clear();
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

function reasonOf(error: unknown): string {
  const reason = error instanceof CommitFailure || error instanceof BeginFailure ? error.cause : error;
  return reason instanceof Error ? reason.message : String(reason);
}
