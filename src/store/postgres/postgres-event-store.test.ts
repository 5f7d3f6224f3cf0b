import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { message } from '../../../test/fixtures/event-log.ts';
import { Link } from '../../../test/fixtures/link.ts';
import { type TestDatabases, testDatabases } from '../../../test/fixtures/test-servers.ts';
import { ConveneError } from '../../errors.ts';
import { type AppendRequest, writerOf } from '../event-store.ts';
import { PostgresEventStore } from './postgres-event-store.ts';

const statementTimeoutMs = 300;

let databases: TestDatabases;
let url: string;
let link: Link;
let store: PostgresEventStore;
let warnings: unknown[];

beforeAll(async () => {
  databases = await testDatabases();
}, 400_000);
afterAll(() => databases?.[Symbol.asyncDispose]());
beforeEach(async () => {
  url = await databases.create();
  link = await Link.to(url);
  warnings = [];
  store = new PostgresEventStore({
    url: link.url,
    statementTimeoutMs,
    connectTimeoutMs: 500,
    onWarning: (error) => warnings.push(error),
  });
  await store.open();
});
afterEach(async () => {
  link.restore();
  await store[Symbol.asyncDispose]();
  await link[Symbol.asyncDispose]();
});

const first: AppendRequest = {
  sid: 'sid',
  create: { userId: 'user', title: '' },
  events: [],
  at: 1,
  writer: writerOf.user('user'),
};
const says = (text: string): AppendRequest => ({
  sid: 'sid',
  events: [{ ...message(text), source: 'user' }],
  at: 2,
  writer: writerOf.user('user'),
  key: text,
});

/** The code that the call fails with. */
async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ConveneError) return error.code;
    throw error;
  }
  return 'none';
}

/** Somebody else holds the conversation. */
async function locked(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT FROM conversation FOR UPDATE');
  return client;
}

/** Resolves when so many connections wait for a lock. */
async function waiting(client: pg.Client, count: number): Promise<void> {
  const sql =
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
  for (;;) if (((await client.query<{ n: number }>(sql)).rows[0]?.n ?? 0) >= count) return;
}

describe('PostgreSQL that fails', () => {
  it('and can’t be reached: nothing has happened', async () => {
    await store.append(first);
    link.cut();
    await expect.poll(() => codeOf(store.append(says('one')))).toBe('store_unavailable');
    link.restore();
    expect(await store.append(says('one'))).toMatchObject({ outcome: 'appended' });
    expect((await store.events({ sid: 'sid', limit: 10 })).events).toHaveLength(1);
  });

  it('and breaks off in the middle of an append: it may have happened, and asking again with the key tells', async () => {
    await store.append(first);
    const other = await locked();
    const appending = codeOf(store.append(says('one')));
    await waiting(other, 1);
    link.breakAll();
    expect(await appending).toBe('outcome_unknown');
    await other.query('ROLLBACK');
    await other.end();
    const again = await store.append(says('one'));
    expect(again).toMatchObject({ events: [{ id: 0 }] });
    expect((await store.events({ sid: 'sid', limit: 10 })).events.map(({ id }) => id)).toEqual([0]);
  });

  it('and breaks off in the middle of a read: it is read again', async () => {
    await store.append(first);
    await store.append(says('one'));
    link.hold();
    const reading = store.events({ sid: 'sid', limit: 10 });
    link.breakAll();
    link.restore();
    expect((await reading).events).toHaveLength(1);
  });

  it('and takes too long over a statement: it is given up, and nothing has happened', async () => {
    await store.append(first);
    const other = await locked();
    expect(await codeOf(store.append(says('one')))).toBe('store_unavailable');
    await other.query('ROLLBACK');
    await other.end();
    expect((await store.events({ sid: 'sid', limit: 10 })).events).toHaveLength(0);
  });

  it('and says nothing at all: it may have happened', async () => {
    await store.append(first);
    link.hold();
    expect(await codeOf(store.append(says('one')))).toBe('outcome_unknown');
  });

  it('while nobody uses it: that is told, and the next call takes another connection', async () => {
    await store.append(first);
    link.breakAll();
    await expect.poll(() => warnings).toHaveLength(1);
    expect(await store.append(says('one'))).toMatchObject({ outcome: 'appended' });
  });

  it('is not found at all: it does not open', async () => {
    link.cut();
    await using another = new PostgresEventStore({ url: link.url, connectTimeoutMs: 500 });
    expect(await codeOf(another.open())).toBe('store_unavailable');
  });
});
