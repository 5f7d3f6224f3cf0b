/** What the threads of the store ask of each other. */
import type { ErrorCode } from '../../errors.ts';
import type { Source } from '../../events/event.ts';
import type { ClaimResult, ConversationRecord, ListPage, OwnedQuery, Snapshot } from '../event-store.ts';
import type { PlainListQuery, PlainQuery } from '../query-rules.ts';
import type { StoreFiles } from './database.ts';
import type { PackedAnswer, PackedAppend } from './packed-append.ts';

/** A row of a page, without its kind, which only queries need. A tuple is cheaper to send than an object. */
export type PageRow = readonly [id: number, at: number, source: Source, cause: number | null, data: string];

/** A part of a page: as much as could be found in a few milliseconds. */
export interface Slice {
  readonly rows: readonly PageRow[];
  /** Where the next slice begins: an id that was looked at. Null where nothing is left to look at. */
  readonly next: number | null;
  /** Whether there is a match beyond those that were asked for. */
  readonly hasMore: boolean;
}

export interface WriterCalls {
  append(request: PackedAppend): PackedAnswer;
  claim(call: { sid: string; incarnation: string; dead: readonly string[] }): ClaimResult;
  release(call: { sid: string; epoch: number }): boolean;
  markExecuting(call: { sid: string; epoch: number; actionId: number }): boolean;
  rename(call: { sid: string; title: string; from?: string }): boolean;
  remove(sid: string): boolean;
  saveSnapshot(snapshot: Snapshot): null;
}

export interface ReaderCalls {
  conversation(sid: string): ConversationRecord | null;
  list(query: PlainListQuery): ListPage;
  /** `limit` may be 0: then it is only asked whether there is a match. */
  events(query: PlainQuery): Slice;
  heads(sids: readonly string[]): Map<string, number>;
  searchLag(call: null): number;
  due(query: { living: readonly string[]; limit: number }): ConversationRecord[];
  waiting(query: { userId: string; limit: number }): ConversationRecord[];
  waitingUsers(query: { after: string | null; limit: number }): string[];
  running(query: { userId: string; limit: number }): ConversationRecord[];
  owned(query: OwnedQuery): ConversationRecord[];
  loadSnapshot(query: { sid: string; version: string }): Snapshot | null;
}

/** One of the calls of `Calls`. A worker answers them in their order, so neither they nor their answers have names. */
export type Call<Calls, Name extends keyof Calls = keyof Calls> = {
  [Key in Name]: readonly [name: Key, argument: Argument<Calls, Key>];
}[Name];

export type Argument<Calls, Name extends keyof Calls> = Calls[Name] extends (argument: infer A) => unknown
  ? A
  : never;
export type Result<Calls, Name extends keyof Calls> = Calls[Name] extends (argument: never) => infer R
  ? R
  : never;

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

/**
 * What a call is answered with: its value, or a failure in its place. No value has a `failure`. `Value` is typed by the
 * call that is answered: in general nothing can be said of it.
 */
export type Answer<Value = never> = Value | { readonly failure: Failure };

export function isFailed(answer: unknown): answer is { readonly failure: Failure } {
  return typeof answer === 'object' && answer !== null && 'failure' in answer;
}

/** What a worker is sent. */
export type ToWorker<Calls> =
  /** The first: until then a worker touches no file. */
  | { readonly kind: 'open' }
  | { readonly kind: 'calls'; readonly calls: readonly Call<Calls>[] }
  /** To the indexer: the log has grown. */
  | { readonly kind: 'wake' }
  | { readonly kind: 'close' };

/** What a worker posts. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** To the oldest calls that have no answer yet. */
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] }
  /** From the indexer: it has taken in all that there was. */
  | { readonly kind: 'idle' }
  /** Something failed that no caller waits for; it will be tried again. */
  | { readonly kind: 'warning'; readonly failure: Failure };

/** What a worker is started with. */
export interface WorkerData {
  readonly role: 'writer' | 'reader' | 'indexer';
  readonly files: StoreFiles;
  /** Rung after each message: one more in its first element, and whoever waits for it is woken. */
  readonly bell: Int32Array<SharedArrayBuffer>;
}
