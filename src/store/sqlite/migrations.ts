/**
 * The schema of the log, as numbered migrations. Each runs once, in a transaction, at the first opening by a version
 * that knows it. A migration that an older server can live with keeps `minCompatible`; one that it cannot raises it, and
 * older servers then refuse the database.
 *
 * - `conversation.number` is a conversation's short name within this file, never used twice.
 * - `event.place` is the order of commits over all conversations, never used twice: rows of all conversations are
 *   appended side by side, which costs a busy server far fewer pages than keeping each conversation's rows together.
 * - `event.key` names a batch; it stands in the batch's first row only, and `event.batch` counts the batch's events.
 * - Columns of `conversation` that change with every append carry no index.
 * - Texts that users choose are stored as `faithful-text.ts` writes them; `event.data` is JSON and needs no care.
 */
import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { type Migration, newestOf, pendingMigrations } from '../migration-rules.ts';

const migrations: readonly Migration[] = [
  {
    version: 1,
    minCompatible: 1,
    sql: `
      CREATE TABLE conversation (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        sid TEXT NOT NULL UNIQUE,
        user_id TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        head INTEGER NOT NULL,
        desired TEXT NOT NULL,
        due INTEGER NOT NULL,
        owner TEXT,
        epoch INTEGER NOT NULL,
        executing INTEGER,
        agent_state TEXT NOT NULL,
        title TEXT NOT NULL,
        selected_repository TEXT,
        selected_branch TEXT,
        settings TEXT
      ) STRICT;
      CREATE INDEX conversation_by_age ON conversation (created_at, sid);
      CREATE INDEX conversation_by_user ON conversation (user_id, created_at, sid);
      CREATE INDEX conversation_due ON conversation (number) WHERE due = 1 AND desired <> 'waiting';
      CREATE INDEX conversation_waiting ON conversation (user_id) WHERE desired = 'waiting';
      CREATE INDEX conversation_running ON conversation (user_id) WHERE desired = 'running';

      CREATE TABLE event (
        place INTEGER PRIMARY KEY,
        conversation INTEGER NOT NULL,
        id INTEGER NOT NULL,
        at INTEGER NOT NULL,
        source TEXT NOT NULL,
        kind TEXT NOT NULL,
        cause INTEGER,
        writer TEXT NOT NULL,
        key TEXT,
        batch INTEGER,
        data TEXT NOT NULL
      ) STRICT;
      CREATE UNIQUE INDEX event_by_id ON event (conversation, id);
      CREATE UNIQUE INDEX event_by_key ON event (conversation, writer, key) WHERE key IS NOT NULL;

      CREATE TABLE snapshot (
        conversation INTEGER NOT NULL,
        version TEXT NOT NULL,
        id INTEGER NOT NULL,
        state TEXT NOT NULL,
        PRIMARY KEY (conversation, version)
      ) STRICT;

      -- Deleted conversations: their sids stay used. "purged" tells whether their rows are gone.
      CREATE TABLE removed (
        place INTEGER PRIMARY KEY,
        sid TEXT NOT NULL UNIQUE,
        number INTEGER NOT NULL,
        purged INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX removed_unpurged ON removed (place) WHERE purged = 0;
    `,
  },
  {
    version: 2,
    minCompatible: 1,
    sql: 'CREATE INDEX conversation_owned ON conversation (user_id) WHERE owner IS NOT NULL',
  },
];

export const newestVersion = newestOf(migrations);

/** Brings the log to the newest schema. Throws `store_incompatible` where it was written by too new a version. */
export function migrate(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    migrateWithin(database);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function migrateWithin(database: DatabaseSync): void {
  database.exec(
    'CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID',
  );
  const read = database.prepare('SELECT value FROM meta WHERE name = ?');
  const write = database.prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)');
  const numberOf = (name: string): number => Number(read.get(name)?.['value'] ?? 0);

  const pending = pendingMigrations(migrations, {
    present: numberOf('schema_version'),
    minCompatible: numberOf('min_compatible_version'),
  });
  for (const migration of pending) {
    database.exec(migration.sql);
    write.run('schema_version', String(migration.version));
    write.run('min_compatible_version', String(migration.minCompatible));
  }
  // Names this log: an index of another one is made anew.
  if (read.get('log_id') === undefined) write.run('log_id', randomBytes(16).toString('hex'));
}
