/**
 * What each call changes in the log: decided by the rules, written within the transaction under way. Every call is
 * decided before it writes anything. What often changes of a conversation is written once a transaction, by `flush`.
 */
import { ConveneError } from '../../errors.ts';
import { type Decision, decideAppend, type EncodedAppend, hasKey, type Known } from '../append-rules.ts';
import { claimed, executing, released } from '../claim-rules.ts';
import type { EventRow } from '../event-row.ts';
import type { ClaimResult, ConversationRecord, Snapshot } from '../event-store.ts';
import { toFaithful } from '../faithful-text.ts';
import { eventRowOf, faithfulOrNull, integerOf, recordOf } from '../rows.ts';
import type { Argument, Call, WriterCalls } from './calls.ts';
import { type CachedConversation, ConversationCache } from './conversation-cache.ts';
import { type PackedAnswer, unpackAppend } from './packed-append.ts';
import type { WritingStatements } from './statements.ts';

const cachedConversations = 4096;

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
      const { agentState, epoch, executing: action, head, updatedAt } = record;
      this.#sql.setProgress.run(updatedAt, head, epoch, action, agentState, number);
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
    switch (call[0]) {
      case 'append':
        return this.#append(unpackAppend(call[1]));
      case 'claim':
        return this.#claim(call[1]);
      case 'release':
        return this.#release(call[1]);
      case 'markExecuting':
        return this.#markExecuting(call[1]);
      case 'rename':
        return this.#rename(call[1]);
      case 'remove':
        return this.#remove(call[1]);
      case 'saveSnapshot':
        return this.#saveSnapshot(call[1]);
    }
  }

  /**
   * Decided first as if the key were new, as it nearly always is: then storing the batch's first event tells, and no
   * look-up is needed. A known key decides anew, and so does a refusal: a known key comes before all that refuses.
   */
  #append(request: EncodedAppend): PackedAnswer {
    const known = this.#find(request.sid);
    const decision = this.#decide(request, known, () => null);
    if (decision.act === 'write' && this.#write(request, known, decision)) {
      const { created, first } = decision;
      const { desired, head, owner, userId } = decision.conversation;
      return [first, head, created, userId, desired, owner, null];
    }
    const batch: Known['batch'] = (writer, key) =>
      known === undefined ? null : this.#batch(known, writer, key);
    const again = this.#decide(request, known, batch);
    if (again.act === 'refuse') return again.result;
    if (again.act === 'write') throw new ConveneError('internal', 'An event was not stored.');
    const { conversation, rows } = again;
    const { desired, head, owner, userId } = conversation;
    return [rows[0]?.id ?? 0, head, false, userId, desired, owner, rows];
  }

  #decide(request: EncodedAppend, known: CachedConversation | undefined, batch: Known['batch']): Decision {
    return decideAppend(request, {
      conversation: known?.record ?? null,
      deleted: known === undefined && this.#sql.isRemoved.get(request.sid) !== undefined,
      batch,
      running: (userId) => integerOf(this.#sql.countRunning.get(toFaithful(userId)) ?? {}, 'count'),
    });
  }

  /** Answers false, and has written nothing, where the key is stored already. */
  #write(
    request: EncodedAppend,
    known: CachedConversation | undefined,
    { conversation: record, first }: Decision & { act: 'write' },
  ): boolean {
    const conversation = known ?? this.#add(record);
    if (!this.#addEvents(conversation.number, request, first)) return false;
    this.#update(conversation, record);
    return true;
  }

  /** The first event has the key. */
  #addEvents(conversation: number, request: EncodedAppend, first: number): boolean {
    const { at, events } = request;
    const writer = toFaithful(request.writer);
    let key = hasKey(request) ? toFaithful(request.key) : null;
    let id = first;
    for (const { cause, data, kind, source } of events) {
      const place = this.#place + 1;
      const add = key === null ? this.#sql.addEvent : this.#sql.addNamedEvent;
      const { changes } = add.run(
        place,
        conversation,
        id,
        at,
        source,
        toFaithful(kind),
        cause,
        writer,
        key,
        key === null ? null : events.length,
        data,
      );
      if (changes === 0) return false;
      this.#place = place;
      key = null;
      id += 1;
    }
    return true;
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

  #release({ epoch, sid }: Argument<WriterCalls, 'release'>): boolean {
    return this.#change(sid, (record) => released(record, epoch));
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

  #rename({ from, sid, title }: Argument<WriterCalls, 'rename'>): boolean {
    const known = this.#find(sid);
    if (known === undefined || (from !== undefined && known.record.title !== from)) return false;
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
    if (before.owner !== record.owner) this.#sql.setOwner.run(faithfulOrNull(record.owner), known.number);
    if (before.desired !== record.desired) this.#sql.setDesired.run(record.desired, known.number);
    if (before.due !== record.due) this.#sql.setDue.run(Number(record.due), known.number);
    if (before.settings !== record.settings) {
      this.#sql.setSettings.run(faithfulOrNull(record.settings), known.number);
    }
  }
}
