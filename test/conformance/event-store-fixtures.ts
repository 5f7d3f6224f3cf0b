/** What the suites of `EventStore` share: how a store is made, events, and short ways to say common things. */
import { expect } from 'vitest';
import type { NewEvent, Source, StoredEvent } from '../../src/events/event.ts';
import { stateObservation } from '../../src/events/observations.ts';
import { parseStoredBody } from '../../src/events/stored-body.ts';
import {
  type AppendRequest,
  type AppendResult,
  type ConversationRecord,
  type EventQuery,
  type EventStore,
  writerOf,
} from '../../src/store/event-store.ts';

export interface StoreUnderTest {
  /** Open. */
  readonly store: EventStore;
  /** Closes it and opens the same data anew; absent where nothing outlives a close. */
  reopen?(): Promise<EventStore>;
  /** Closes what is open and removes what was made. */
  close(): Promise<void>;
}

export type CreateStore = () => Promise<StoreUnderTest>;

/** Of data that several stores may have open at once, as the nodes of a cluster do. */
export interface SharedStoreUnderTest extends StoreUnderTest {
  /** One more store on the same data. */
  another(): Promise<EventStore>;
}

/** A time that every test may use: what it means never depends on today. */
export const noon = Date.UTC(2026, 0, 15, 12);

export function message(content: string, source: Source = 'user'): NewEvent {
  return { source, action: 'message', args: { content, image_urls: [], wait_for_response: false } };
}

export function agentState(state: 'running' | 'paused' | 'awaiting_user_input'): NewEvent {
  return { source: 'environment', ...stateObservation(state) };
}

/** An event of any body, also of a kind that this version does not know. */
export function anyEvent(body: object, source: Source = 'agent'): NewEvent {
  return { source, ...parseStoredBody(JSON.stringify(body)) };
}

let count = 0;

/** A name that no other test has. */
export function fresh(what = 's'): string {
  count += 1;
  return `${what}-${count}`;
}

export type Appended = Extract<AppendResult, { outcome: 'appended' }>;

/** Appends and expects success. `request` says what differs from a plain append by a user. */
export async function append(
  store: EventStore,
  request: Partial<AppendRequest> & { sid: string },
): Promise<Appended> {
  const result = await tryAppend(store, request);
  if (result.outcome !== 'appended')
    throw new Error(`The append was answered with ${JSON.stringify(result)}.`);
  return result;
}

export function tryAppend(
  store: EventStore,
  request: Partial<AppendRequest> & { sid: string },
): Promise<AppendResult> {
  return store.append({ events: [], at: noon, writer: writerOf.user('u'), ...request });
}

/** A new conversation; answers with its sid. */
export async function conversation(
  store: EventStore,
  request: Partial<AppendRequest> & { userId?: string; title?: string } = {},
): Promise<string> {
  const { userId = fresh('user'), title = 'A title', ...rest } = request;
  const sid = request.sid ?? fresh();
  const result = await append(store, { sid, create: { userId, title }, ...rest });
  expect(result.created).toBe(true);
  return sid;
}

/** A conversation that should run, owned by `owner` under epoch 1. */
export async function owned(store: EventStore, owner = 'node-a', events: NewEvent[] = []): Promise<string> {
  const sid = await conversation(store, { events, set: { desired: 'running', due: true } });
  expect(await store.claim(sid, owner)).toMatchObject({ outcome: 'claimed' });
  return sid;
}

export async function record(store: EventStore, sid: string): Promise<ConversationRecord> {
  const found = await store.conversation(sid);
  if (found === null) throw new Error(`There is no conversation ${sid}.`);
  return found;
}

/** Every event that a query finds, page by page. */
export async function readAll(
  store: EventStore,
  query: Omit<EventQuery, 'limit'> & { limit?: number },
): Promise<StoredEvent[]> {
  const found: StoredEvent[] = [];
  let bounds: Pick<EventQuery, 'after' | 'before'> = {};
  for (;;) {
    const page = await store.events({ limit: 1000, ...query, ...bounds });
    found.push(...page.events);
    const last = page.events.at(-1);
    if (!page.hasMore) return found;
    if (last === undefined) throw new Error('An empty page says that there is more.');
    bounds = query.reverse ? { before: last.id } : { after: last.id };
  }
}

export function contents(events: readonly StoredEvent[]): string[] {
  return events.map((event) => event.message);
}

export function ids(events: readonly StoredEvent[]): number[] {
  return events.map((event) => event.id);
}

/** 0 to `end - 1`. */
export function upTo(end: number): number[] {
  return Array.from({ length: end }, (_, index) => index);
}
