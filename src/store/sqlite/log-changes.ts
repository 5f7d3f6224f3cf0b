/**
 * What each call changes in the log: decided by the rules, written within the transaction under way. Every call is
 * decided before it writes anything. What often changes of a conversation is written once a transaction, by `flush`.
 */
import { decideAppend, type EncodedAppend, hasKey, rowsOf } from '../append-rules.ts';
import { claimed, executing, released } from '../claim-rules.ts';
import type { EventRow } from '../event-row.ts';
import type { ClaimResult, ConversationRecord, Snapshot } from '../event-store.ts';
import { toFaithful } from '../faithful-text.ts';
import type { AppendAnswer, Argument, Call, WriterCalls } from './calls.ts';
import { type CachedConversation, ConversationCache } from './conversation-cache.ts';
import { eventRowOf, faithfulOrNull, integerOf, recordOf } from './rows.ts';
import type { WritingStatements } from './statements.ts';

const cachedConversations = 8192;

export class LogChanges {
  readonly #sql: WritingStatements;
  readonly #cache = new ConversationCache(cachedConversations);
  /** The newest place that was given out; one that was rolled back is not given out again. */
  #place: number;

  constructor(sql: WritingStatements) {
    this.#sql = sql;
    const stored = sql.lastPlace.get()?.['place'];
    const kept = sql.keptLastPlace.get()?.['value'];
    this.#place = Math.max(Number(stored ?? 0), Number(kept ?? 0));
  }

  /** Writes what the calls of a transaction left to its end. */
  flush(): void {
    for (const { number, record } of this.#cache.dirty) {
      const { agentState, epoch, executing: action, head, owner, updatedAt } = record;
      this.#sql.setProgress.run(updatedAt, head, faithfulOrNull(owner), epoch, action, agentState, number);
    }
    this.#cache.dirty.clear();
  }

  /** To be called after a commit. */
  committed(): void {
    this.#cache.evict();
  }

  /** To be called after a rollback: what is known of conversations may not be so. */
  forget(): void {
    this.#cache.clear();
  }

  execute(call: Call<WriterCalls>): unknown {
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
}
