/**
 * The tables of the cluster itself, in PostgreSQL. They are made where they are missing, under a lock, so that nodes may
 * start side by side.
 *
 * - `node`: one row an incarnation. All times are those of the database's clock. A row with `dead_at` is never revived.
 * - `takeover`: who took which conversation over lately.
 * - `cluster`: one row for all: the cluster's id, and which secret key it was made with.
 */
import pg, { type ClientBase, type Pool } from 'pg';
import { ConveneError } from '../errors.ts';

/** One string, and so one transaction: the lock is held until the tables are there. */
const tables = `
SELECT pg_advisory_xact_lock(hashtextextended('convene cluster tables', 0));
CREATE TABLE IF NOT EXISTS node (
  incarnation text PRIMARY KEY,
  url text,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  heard_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  dead_at timestamptz,
  draining boolean NOT NULL,
  load integer NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS takeover (
  at timestamptz NOT NULL,
  sid text COLLATE "C" NOT NULL,
  from_node text NOT NULL,
  to_node text NOT NULL,
  cause text NOT NULL,
  duration_ms bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS takeover_by_time ON takeover (at);
CREATE TABLE IF NOT EXISTS cluster (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id text NOT NULL,
  key_fingerprint text NOT NULL
);`;

/** The same for who has no connection yet. Throws `store_unavailable`. */
export async function makeClusterTablesIn(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {}); // one that breaks while it is used is told by its query
  try {
    await client.connect();
    await makeClusterTables(client);
  } catch (error) {
    throw new ConveneError('store_unavailable', undefined, { cause: error });
  } finally {
    await client.end();
  }
}

export async function makeClusterTables(database: ClientBase | Pool): Promise<void> {
  await database.query(tables);
}
