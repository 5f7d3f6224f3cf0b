import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { migrate, newestVersion } from './migrations.ts';

const meta = (database: DatabaseSync) =>
  Object.fromEntries(
    database
      .prepare('SELECT name, value FROM meta')
      .all()
      .map((row) => [row['name'], row['value']]),
  );

/** What a later version may leave behind. */
function laterDatabase(version: number, minCompatible: number): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  database.exec(`
    UPDATE meta SET value = '${version}' WHERE name = 'schema_version';
    UPDATE meta SET value = '${minCompatible}' WHERE name = 'min_compatible_version';
    ALTER TABLE event ADD COLUMN later TEXT;`);
  return database;
}

describe('migrations', () => {
  it('make an empty database whole, once', () => {
    const database = new DatabaseSync(':memory:');
    migrate(database);
    const first = meta(database);
    expect(first).toMatchObject({ schema_version: String(newestVersion) });
    migrate(database);
    expect(meta(database)).toEqual(first);
  });

  it('leave a later database alone that this version can work with', () => {
    const database = laterDatabase(newestVersion + 1, newestVersion);
    migrate(database);
    expect(meta(database)).toMatchObject({ schema_version: String(newestVersion + 1) });
  });

  it('refuse a later database that this version cannot work with', () => {
    const database = laterDatabase(newestVersion + 2, newestVersion + 1);
    expect(() => migrate(database)).toThrow(expect.objectContaining({ code: 'store_incompatible' }));
    expect(database.isTransaction).toBe(false);
  });

  it('change nothing where one of them fails', () => {
    const database = new DatabaseSync(':memory:');
    database.exec('CREATE TABLE event (mine INTEGER)');
    expect(() => migrate(database)).toThrow('event');
    expect(database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()).toEqual([
      { name: 'event' },
    ]);
  });
});
