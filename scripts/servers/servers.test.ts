import pg from 'pg';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDatabases } from '../../test/fixtures/test-servers.ts';
import { dropDatabase, PostgresServer } from './postgres.ts';
import { RedisServer } from './redis.ts';

describe('a private PostgreSQL', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await PostgresServer.start();
  }, 400_000);
  afterAll(() => server[Symbol.asyncDispose]());

  const ask = async (url: string, text: string): Promise<unknown[]> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query({ text, rowMode: 'array' })).rows.flat();
    } finally {
      await client.end();
    }
  };

  it('makes databases, and keeps what they hold over a restart and a crash', async () => {
    const url = await server.createDatabase();
    expect(await ask(url, 'SELECT count(*)::int FROM pg_stat_user_tables')).toEqual([0]);
    await ask(url, 'CREATE TABLE t AS SELECT 7 AS n');
    await server.stop();
    await expect(ask(url, 'SELECT n FROM t')).rejects.toThrow();
    await server.start();
    expect(await ask(url, 'SELECT n FROM t')).toEqual([7]);
    await ask(url, 'CHECKPOINT'); // it runs without fsync
    await server.stop('immediate');
    await server.start();
    expect(await ask(url, 'SELECT n FROM t')).toEqual([7]);
    await dropDatabase(url);
    await expect(ask(url, 'SELECT n FROM t')).rejects.toThrow(/does not exist/);
  });
});

describe('a private Redis', () => {
  it('stops, pauses, forgets and starts', async () => {
    await using server = await RedisServer.start();
    const client = createClient({ url: server.url, socket: { reconnectStrategy: false } });
    client.on('error', () => {}); // it is stopped below
    await client.connect();
    await client.set('key', 'value');
    server.pause();
    const answer = client.get('key');
    server.resume();
    expect(await answer).toBe('value');
    await server.flush();
    expect(await client.get('key')).toBeNull();
    client.destroy();
    await server.stop();
    await server.start();
    await server.flush();
  }, 400_000);
});

it('gives tests a database on the server that they are given', async () => {
  await using databases = await testDatabases();
  const client = new pg.Client({ connectionString: await databases.create() });
  await client.connect();
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await client.end();
}, 400_000);
