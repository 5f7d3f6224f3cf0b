/** What the port does not show of the PostgreSQL store: rows that are left over, and deadlocks. */
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Row } from '../../src/store/rows.ts';
import { append, conversation, message, upTo } from './event-store-fixtures.ts';
import type { PostgresStoreUnderTest } from './postgres-stores.ts';

const soon = { timeout: 5_000, interval: 10 };

export function postgresSuite(create: () => Promise<PostgresStoreUnderTest>): void {
  let under: PostgresStoreUnderTest;
  let client: pg.Client;

  beforeAll(async () => {
    under = await create();
    client = new pg.Client({ connectionString: under.url });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await under.close();
  });

  const one = async (text: string): Promise<Row> => (await client.query(text)).rows[0] ?? {};

  it('keeps no row of a removed conversation', async () => {
    const { store } = under;
    const counts = () =>
      one('SELECT (SELECT count(*) FROM event) AS events, (SELECT count(*) FROM snapshot) AS snapshots');
    const before = await counts();
    const sid = await conversation(store, { events: upTo(3).map((n) => message(`${n}`)) });
    await store.saveSnapshot({ sid, id: 0, version: '1', state: '{}' });
    expect(await counts()).not.toEqual(before);
    await store.remove(sid);
    expect(await counts()).toEqual(before);
  });

  it('has no deadlock where nodes append to the same conversations in opposite orders', async () => {
    const stores = [under.store, await under.another()];
    const sids = await Promise.all(upTo(60).map(() => conversation(under.store)));
    // Both are in the midst of it when they meet: at the one that somebody else has locked.
    await client.query('BEGIN');
    await client.query('SELECT FROM conversation WHERE sid = $1 FOR UPDATE', [sids[30]]);
    const appends = stores.flatMap((store, n) =>
      (n === 0 ? sids : sids.toReversed()).map((sid) => append(store, { sid, events: [message('x')] })),
    );
    const waiting = `FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await vi.waitFor(
      async () => expect(await one(`SELECT count(*) AS waiting ${waiting}`)).toEqual({ waiting: '2' }),
      soon,
    );
    await client.query('COMMIT');
    await Promise.all(appends);
    // Sessions report what they counted when they end.
    await under.close();
    const others = 'FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
    await vi.waitFor(
      async () => expect(await one(`SELECT count(*) AS open ${others}`)).toEqual({ open: '0' }),
      soon,
    );
    const deadlocks = await one('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()');
    expect(deadlocks).toEqual({ deadlocks: '0' });
  });
}
