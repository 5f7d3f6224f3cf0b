import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogSpace } from './log-space.ts';

describe('space for the write-ahead log', () => {
  let folder: string;
  let file: string;
  let database: DatabaseSync;

  const open = () => {
    const opened = new DatabaseSync(file);
    opened.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;');
    return opened;
  };
  const size = () => statSync(`${file}-wal`).size;
  const commit = (times: number) => {
    const insert = database.prepare('INSERT INTO t (text) VALUES (?)');
    for (let i = 0; i < times; i += 1) insert.run('x'.repeat(10_000));
  };
  const count = () => database.prepare('SELECT count(*) AS count FROM t').get()?.['count'];

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'convene-space-'));
    file = path.join(folder, 'a.db');
    database = open();
    database.exec('CREATE TABLE t (text TEXT)');
  });
  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });

  it('grows the file ahead of the log, by as much as it has, up to a bound', () => {
    const most = 1_500_000;
    const space = new LogSpace(`${file}-wal`, most);
    commit(1);
    const first = size();
    space.keep();
    expect(size()).toBe(first + 256 * 1024);
    commit(5);
    space.keep();
    expect(size(), 'within its space').toBe(first + 256 * 1024);
    commit(40);
    const grown = size();
    space.keep();
    expect(size()).toBe(Math.min(2 * grown, most));
    commit(200);
    const beyond = size();
    space.keep();
    expect(size()).toBe(beyond);
    space.close();
  });

  it('changes nothing of what is committed, also when the log is read anew after a crash', () => {
    const space = new LogSpace(`${file}-wal`, 10_000_000);
    for (let round = 0; round < 5; round += 1) {
      commit(3);
      space.keep();
    }
    // What a process that dies leaves: the files as they are, and a connection that never said that it goes.
    const reader = new DatabaseSync(file);
    expect(reader.prepare('SELECT count(*) AS count FROM t').get()?.['count']).toBe(15);
    expect(reader.prepare('PRAGMA integrity_check').get()?.['integrity_check']).toBe('ok');
    reader.close();
    database.exec('PRAGMA wal_checkpoint(RESTART)');
    commit(2);
    space.keep();
    space.close();
    database.close();
    database = open();
    expect(count()).toBe(17);
  });
});
