/**
 * The store in memory, synchronous: what `MemoryEventStore` answers from, and what a simulation drives directly.
 * Deterministic: no timers, no clock, no randomness. Stored events are frozen and shared with every reader; records
 * are replaced, never changed.
 */
import type { StoredEvent } from '../events/event.ts';
import { matchesSearch } from '../events/search-tokens.ts';
import { appendResult, decideAppend, encodeAppend, hasKey, rowsOf } from './append-rules.ts';
import { claimed, executing, isFree, released, wantsLoop } from './claim-rules.ts';
import { decodeEvent, type EventRow } from './event-row.ts';
import type {
  AppendRequest,
  AppendResult,
  ClaimResult,
  ConversationRecord,
  EventPage,
  EventQuery,
  ListPage,
  ListQuery,
  OwnedQuery,
  Snapshot,
} from './event-store.ts';
import {
  compareForList,
  compareForTurn,
  listPage,
  matchesColumns,
  pageSize,
  plainListQuery,
  plainQuery,
} from './query-rules.ts';

interface Conversation {
  record: ConversationRecord;
  /** By id. */
  readonly rows: EventRow[];
  /** By id: what readers get. */
  readonly events: StoredEvent[];
  /** By writer, then by key. */
  readonly batches: Map<string, Map<string, readonly EventRow[]>>;
  /** The newest of each version. */
  readonly snapshots: Map<string, Snapshot>;
}

export class MemoryEventCore {
  readonly #conversations = new Map<string, Conversation>();
  readonly #deleted = new Set<string>();

  append(request: AppendRequest): AppendResult {
    const encoded = encodeAppend(request);
    const { sid, writer } = request;
    const known = this.#conversations.get(sid);
    const decision = decideAppend(encoded, {
      conversation: known?.record ?? null,
      deleted: this.#deleted.has(sid),
      batch: (of, key) => known?.batches.get(of)?.get(key) ?? null,
      running: (userId) =>
        this.#select((record) => record.desired === 'running' && record.userId === userId).length,
    });
    if (decision.act === 'refuse') return decision.result;
    if (decision.act === 'repeat') return appendResult(decision, this.#eventsOf(sid, decision.rows));
    const conversation = known ?? this.#add(decision.conversation);
    conversation.record = Object.freeze(decision.conversation);
    const rows = rowsOf(encoded, decision.first);
    const events = rows.map((row) => deepFreeze(decodeEvent(row)));
    conversation.rows.push(...rows);
    conversation.events.push(...events);
    if (hasKey(encoded)) keysOf(conversation, writer).set(encoded.key, rows);
    return appendResult(decision, events);
  }

  claim(sid: string, incarnation: string, dead: readonly string[] = []): ClaimResult {
    const conversation = this.#conversations.get(sid);
    if (conversation === undefined) return { outcome: 'missing' };
    const { desired, owner } = conversation.record;
    const record = claimed(conversation.record, incarnation, dead);
    if (record === null) return { outcome: 'refused', owner, desired };
    conversation.record = Object.freeze(record);
    return { outcome: 'claimed', conversation: record };
  }

  release(sid: string, epoch: number): boolean {
    return this.#change(sid, (record) => released(record, epoch));
  }

  markExecuting(sid: string, epoch: number, actionId: number): boolean {
    return this.#change(sid, (record) => executing(record, epoch, actionId));
  }

  conversation(sid: string): ConversationRecord | null {
    return this.#conversations.get(sid)?.record ?? null;
  }

  list(query: ListQuery): ListPage {
    const { limit, place, userId } = plainListQuery(query);
    const found = this.#select(
      (record) =>
        (userId === null || record.userId === userId) &&
        (place === null || compareForList(place, record) < 0),
    ).sort(compareForList);
    return listPage(found, limit);
  }

  rename(sid: string, title: string, from?: string): boolean {
    return this.#change(sid, (record) =>
      from !== undefined && record.title !== from ? null : { ...record, title },
    );
  }

  remove(sid: string): boolean {
    if (!this.#conversations.delete(sid)) return false;
    this.#deleted.add(sid);
    return true;
  }

  events(query: EventQuery): EventPage {
    const plain = plainQuery(query);
    const { after, before, limit, reverse, words } = plain;
    const conversation = this.#conversations.get(plain.sid);
    const events: StoredEvent[] = [];
    if (conversation === undefined) return { events, hasMore: false };
    const first = after + 1;
    const last = Math.min(before, conversation.rows.length) - 1;
    let size = 0;
    for (let step = 0; step <= last - first; step += 1) {
      const id = reverse ? last - step : first + step;
      const row = conversation.rows[id];
      const event = conversation.events[id];
      if (row === undefined || event === undefined) break;
      if (!matchesColumns(plain, row) || !matchesSearch(event, words)) continue;
      if (events.length === limit || size >= pageSize) return { events, hasMore: true };
      events.push(event);
      size += row.data.length;
    }
    return { events, hasMore: false };
  }

  newest(sid: string, kind: string, upTo = Infinity): StoredEvent | null {
    const conversation = this.#conversations.get(sid);
    if (conversation === undefined) return null;
    const from = Math.min(Math.floor(upTo), conversation.rows.length - 1);
    for (let id = from; id >= 0; id -= 1) {
      if (conversation.rows[id]?.kind === kind) return conversation.events[id] ?? null;
    }
    return null;
  }

  heads(sids: readonly string[]): Map<string, number> {
    const heads = new Map<string, number>();
    for (const sid of sids) {
      const record = this.conversation(sid);
      if (record !== null) heads.set(sid, record.head);
    }
    return heads;
  }

  due({ living, limit }: { living: readonly string[]; limit: number }): ConversationRecord[] {
    return this.#select((record) => record.due && wantsLoop(record) && isFree(record, living))
      .sort(compareForTurn)
      .slice(0, limit);
  }

  waiting(userId: string, limit: number): ConversationRecord[] {
    return this.#select((record) => record.desired === 'waiting' && record.userId === userId)
      .sort(compareForTurn)
      .slice(0, limit);
  }

  waitingUsers(after: string | null, limit: number): string[] {
    const users = new Set(
      this.#select((record) => record.desired === 'waiting').map((record) => record.userId),
    );
    return [...users]
      .filter((userId) => after === null || userId > after)
      .sort()
      .slice(0, limit);
  }

  running(userId: string, limit: number): ConversationRecord[] {
    return this.#select((record) => record.desired === 'running' && record.userId === userId)
      .sort(compareForTurn)
      .slice(0, limit);
  }

  owned({ owners, sids, userId }: OwnedQuery): ConversationRecord[] {
    return this.#select(
      (record) =>
        record.owner !== null &&
        owners.includes(record.owner) &&
        (userId === undefined || record.userId === userId) &&
        (sids === undefined || sids.includes(record.sid)),
    );
  }

  saveSnapshot(snapshot: Snapshot): void {
    const snapshots = this.#conversations.get(snapshot.sid)?.snapshots;
    const present = snapshots?.get(snapshot.version);
    if (present === undefined || present.id <= snapshot.id) {
      snapshots?.set(snapshot.version, Object.freeze({ ...snapshot }));
    }
  }

  loadSnapshot(sid: string, version: string): Snapshot | null {
    return this.#conversations.get(sid)?.snapshots.get(version) ?? null;
  }

  #add(record: ConversationRecord): Conversation {
    const added = { record, rows: [], events: [], batches: new Map(), snapshots: new Map() };
    this.#conversations.set(record.sid, added);
    return added;
  }

  /** The very objects that other readers have. */
  #eventsOf(sid: string, rows: readonly EventRow[]): StoredEvent[] {
    const first = rows[0]?.id ?? 0;
    return this.#conversations.get(sid)?.events.slice(first, first + rows.length) ?? [];
  }

  #select(fits: (record: ConversationRecord) => boolean): ConversationRecord[] {
    const found: ConversationRecord[] = [];
    for (const { record } of this.#conversations.values()) if (fits(record)) found.push(record);
    return found;
  }

  #change(sid: string, change: (record: ConversationRecord) => ConversationRecord | null): boolean {
    const conversation = this.#conversations.get(sid);
    if (conversation === undefined) return false;
    const record = change(conversation.record);
    if (record !== null) conversation.record = Object.freeze(record);
    return record !== null;
  }
}

function keysOf(conversation: Conversation, writer: string): Map<string, readonly EventRow[]> {
  const keys = conversation.batches.get(writer) ?? new Map<string, readonly EventRow[]>();
  conversation.batches.set(writer, keys);
  return keys;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const field of Object.values(value)) deepFreeze(field);
    Object.freeze(value);
  }
  return value;
}
