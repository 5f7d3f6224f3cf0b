/**
 * The rules of an append: pure, and the same in every adapter. Their order is part of the contract:
 *
 *   1. a deleted conversation is `missing`, whatever the request says
 *   2. the key: a known one is answered with what it got then, other content under it is a `conflict`
 *   3. no conversation: it is created where the request says so, else it is `missing`
 *   4. `unlessRunning`
 *   5. the fence
 *   6. behind
 *   7. the limit, which refuses nothing: it only makes `desired` waiting instead of running
 *   8. ids and column changes
 *
 * Everything is decided before anything is written, so a refusal has nothing to take back.
 */
import { ConveneError } from '../errors.ts';
import type { StoredEvent } from '../events/event.ts';
import { type EncodedEvent, type EventRow, encodeEvent, sameContent } from './event-row.ts';
import type { AppendRequest, AppendResult, ConversationRecord, NewConversation } from './event-store.ts';

/** A request with its events as they will be stored. */
export interface EncodedAppend extends Omit<AppendRequest, 'events'> {
  readonly events: readonly EncodedEvent[];
}

/** What the rules ask of an adapter; the two functions are called only where their answer matters. */
export interface Known {
  readonly conversation: ConversationRecord | null;
  readonly deleted: boolean;
  /** The events stored under this key of this writer in this conversation; null for an unknown key. */
  batch(writer: string, key: string): readonly EventRow[] | null;
  /** How many conversations of this user have `desired = running`. */
  running(userId: string): number;
}

export type Refusal = Exclude<AppendResult, { outcome: 'appended' }>;

export type Decision =
  | { readonly act: 'refuse'; readonly result: Refusal }
  | {
      readonly act: 'repeat';
      readonly rows: readonly EventRow[];
      readonly conversation: ConversationRecord;
    }
  | {
      readonly act: 'write';
      /** The id of the batch's first event. */
      readonly first: number;
      /** As it is after this commit. */
      readonly conversation: ConversationRecord;
      readonly created: boolean;
    };

const sidPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** Throws `invalid_request` where no store could ever take this request. */
export function encodeAppend(request: AppendRequest): EncodedAppend {
  const { at, create, events, set, sid } = request;
  if (!Number.isSafeInteger(at) || at < 0 || at > 8.64e15) throw invalid('`at` must be a time in ms.');
  if (create !== undefined && !sidPattern.test(sid))
    throw invalid('A sid has 1 to 64 letters, digits, _ or -.');
  const executing = set?.executing;
  if (typeof executing === 'number' && events[executing] === undefined) {
    throw invalid('`set.executing` must be an index into `events`.');
  }
  return { ...request, events: events.map(encodeEvent) };
}

export function decideAppend(request: EncodedAppend, known: Known): Decision {
  const { conversation } = known;
  if (known.deleted) return refuse({ outcome: 'missing', deleted: true });
  if (conversation === null) {
    if (request.create === undefined) return refuse({ outcome: 'missing', deleted: false });
    return decideFor(newRecord(request, request.create), true, request, known);
  }
  const rows = hasKey(request) ? known.batch(request.writer, request.key) : null;
  if (rows !== null) return decideRepeat(rows, conversation, request);
  if (request.unlessRunning && conversation.desired === 'running') {
    return refuse({ outcome: 'running', head: conversation.head, userId: conversation.userId });
  }
  return decideFor(conversation, false, request, known);
}

/** Whether a batch is stored under a key: one without events has nothing to repeat. */
export function hasKey(request: EncodedAppend): request is EncodedAppend & { readonly key: string } {
  return request.key !== undefined && request.events.length > 0;
}

/** What it takes to hold or send it, in characters: about. */
export function sizeOf({ events }: EncodedAppend): number {
  return events.reduce((size, { data }) => size + data.length, 500);
}

/** The rows that a `write` decision stores. */
export function rowsOf(request: EncodedAppend, first: number): EventRow[] {
  return request.events.map((event, index) => ({ id: first + index, at: request.at, ...event }));
}

/** What a decision answers; `events` are those that it stored, or found stored. */
export function appendResult(decision: Decision, events: readonly StoredEvent[]): AppendResult {
  if (decision.act === 'refuse') return decision.result;
  const { desired, head, owner, userId } = decision.conversation;
  const repeated = decision.act === 'repeat';
  const created = decision.act === 'write' && decision.created;
  return { outcome: 'appended', events, head, repeated, created, userId, desired, owner };
}

function decideRepeat(
  rows: readonly EventRow[],
  conversation: ConversationRecord,
  request: EncodedAppend,
): Decision {
  if (!sameContent(rows, request.events)) return refuse({ outcome: 'conflict' });
  return { act: 'repeat', rows, conversation };
}

function decideFor(
  conversation: ConversationRecord,
  created: boolean,
  request: EncodedAppend,
  known: Known,
): Decision {
  const { behind, epoch } = request;
  if (epoch !== undefined && (epoch !== conversation.epoch || conversation.owner === null)) {
    return refuse({ outcome: 'fenced', epoch: conversation.epoch });
  }
  if (behind !== undefined && conversation.head > behind) {
    return refuse({ outcome: 'behind', head: conversation.head });
  }
  const first = conversation.head + 1;
  return { act: 'write', first, conversation: changed(conversation, request, known), created };
}

function isOverLimit(conversation: ConversationRecord, request: EncodedAppend, known: Known): boolean {
  const { limit, set } = request;
  if (limit === undefined || set?.desired !== 'running' || conversation.desired === 'running') return false;
  return known.running(conversation.userId) >= limit;
}

function changed(before: ConversationRecord, request: EncodedAppend, known: Known): ConversationRecord {
  const { at, events, set = {} } = request;
  const { agentState, desired, due, executing, settings } = set;
  return {
    ...before,
    head: before.head + events.length,
    updatedAt: events.length > 0 ? at : before.updatedAt,
    desired: isOverLimit(before, request, known) ? 'waiting' : (desired ?? before.desired),
    due: due ?? before.due,
    executing:
      typeof executing === 'number' ? before.head + 1 + executing : orElse(executing, before.executing),
    agentState: agentState ?? before.agentState,
    settings: settings ?? before.settings,
  };
}

function newRecord({ at, sid }: EncodedAppend, create: NewConversation): ConversationRecord {
  return {
    sid,
    userId: create.userId,
    title: create.title,
    selectedRepository: create.selectedRepository ?? null,
    selectedBranch: create.selectedBranch ?? null,
    createdAt: at,
    updatedAt: at,
    head: -1,
    desired: 'stopped',
    owner: null,
    epoch: 0,
    executing: null,
    agentState: 'loading',
    due: false,
    settings: create.settings ?? null,
  };
}

function orElse<T>(value: T | undefined, fallback: T): T {
  return value === undefined ? fallback : value;
}

function refuse(result: Refusal): Decision {
  return { act: 'refuse', result };
}

function invalid(message: string): ConveneError {
  return new ConveneError('invalid_request', message);
}
