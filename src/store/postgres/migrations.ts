/**
 * The schema of a cluster's log, as numbered migrations: see `../sqlite/migrations.ts`, whose tables these are. Each runs
 * once, in a transaction, under a lock that keeps nodes apart that start at the same time.
 *
 * - Text compares by its bytes (`COLLATE "C"`), as everywhere else in Convene.
 * - `event.key` names a batch; it stands in the batch's first row only, and `event.batch` counts the batch's events.
 * - Columns of `conversation` that change with every append carry no index.
 */
import type pg from 'pg';
import { type Migration, pendingMigrations } from '../migration-rules.ts';
import { appendManyFunction } from './append-many.ts';
import { appendFunction, removeFunction } from './functions.ts';

const migrations: readonly Migration[] = [
  {
    version: 1,
    minCompatible: 1,
    sql: `
      CREATE TABLE conversation (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        sid text COLLATE "C" NOT NULL UNIQUE,
        user_id text COLLATE "C" NOT NULL,
        created_at bigint NOT NULL,
        updated_at bigint NOT NULL,
        head bigint NOT NULL,
        desired text COLLATE "C" NOT NULL,
        due boolean NOT NULL,
        owner text COLLATE "C",
        epoch bigint NOT NULL,
        executing bigint,
        agent_state text NOT NULL,
        title text NOT NULL,
        selected_repository text,
        selected_branch text,
        settings text
      ) WITH (fillfactor = 40);
      CREATE INDEX conversation_by_age ON conversation (created_at, sid);
      CREATE INDEX conversation_by_user ON conversation (user_id, created_at, sid);
      CREATE INDEX conversation_due ON conversation (number) WHERE due AND desired <> 'waiting';
      CREATE INDEX conversation_waiting ON conversation (user_id) WHERE desired = 'waiting';
      CREATE INDEX conversation_running ON conversation (user_id) WHERE desired = 'running';
      CREATE INDEX conversation_owned ON conversation (user_id) WHERE owner IS NOT NULL;

      CREATE TABLE event (
        conversation bigint NOT NULL,
        id bigint NOT NULL,
        at bigint NOT NULL,
        source text COLLATE "C" NOT NULL,
        kind text COLLATE "C" NOT NULL,
        cause bigint,
        writer text COLLATE "C" NOT NULL,
        key text COLLATE "C",
        batch integer,
        data text NOT NULL,
        PRIMARY KEY (conversation, id)
      );
      CREATE UNIQUE INDEX event_by_key ON event (conversation, writer, key) WHERE key IS NOT NULL;

      CREATE TABLE snapshot (
        conversation bigint NOT NULL,
        version text COLLATE "C" NOT NULL,
        id bigint NOT NULL,
        state text NOT NULL,
        PRIMARY KEY (conversation, version)
      );

      -- Deleted conversations: their sids stay used.
      CREATE TABLE removed (sid text COLLATE "C" PRIMARY KEY);
      ${appendFunction}
      ${appendManyFunction}
      ${removeFunction}
    `,
  },
];

/** Brings the database to the newest schema. Throws `store_incompatible` where it was written by too new a version. */
export async function migrate(client: pg.ClientBase): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query("SELECT pg_advisory_xact_lock(hashtext('convene.migrations'))");
    await client.query('CREATE TABLE IF NOT EXISTS meta (name text PRIMARY KEY, value text NOT NULL)');
    await migrateWithin(client);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

async function migrateWithin(client: pg.ClientBase): Promise<void> {
  const numberOf = async (name: string): Promise<number> => {
    const { rows } = await client.query('SELECT value FROM meta WHERE name = $1', [name]);
    return Number(rows[0]?.['value'] ?? 0);
  };
  const write = (name: string, value: number): Promise<unknown> =>
    client.query(
      'INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      [name, String(value)],
    );
  const pending = pendingMigrations(migrations, {
    present: await numberOf('schema_version'),
    minCompatible: await numberOf('min_compatible_version'),
  });
  for (const migration of pending) {
    await client.query(migration.sql);
    await write('schema_version', migration.version);
    await write('min_compatible_version', migration.minCompatible);
  }
}
