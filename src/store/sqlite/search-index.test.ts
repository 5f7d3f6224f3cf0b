import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewEvent } from '../../events/event.ts';
import { encodeAppend } from '../append-rules.ts';
import { plainQuery } from '../query-rules.ts';
import { filesOf, openForReading, openForWriting, type StoreFiles } from './database.ts';
import { LogReader } from './log-reader.ts';
import { LogWriter } from './log-writer.ts';
import { migrate } from './migrations.ts';
import { packAppend } from './packed-append.ts';
import { SearchIndex } from './search-index.ts';

const message = (content: string): NewEvent => ({
  source: 'user',
  action: 'message',
  args: { content, image_urls: [], wait_for_response: false },
});

describe('the search index', () => {
  let folder: string;
  let files: StoreFiles;
  let log: DatabaseSync;
  let writer: LogWriter;
  let index: SearchIndex;
  let reader: LogReader;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'convene-search-'));
    files = filesOf(path.join(folder, 'convene.db'));
    log = openForWriting(files);
    migrate(log);
    writer = new LogWriter(log);
    open();
  });
  afterEach(() => {
    close();
    log.close();
    rmSync(folder, { recursive: true });
  });

  function open(): void {
    index = new SearchIndex(files);
    reader = new LogReader(openForReading(files));
  }
  function close(): void {
    reader.close();
    index.close();
  }
  function append(sid: string, ...texts: string[]): void {
    const create = { userId: 'u', title: '' };
    const request = { sid, events: texts.map(message), at: 1, writer: 'w', create };
    writer.run([['append', packAppend(encodeAppend(request))]]);
  }
  function remove(sid: string): void {
    writer.run([['remove', sid]]);
  }
  function catchUp(): void {
    while (index.step()) expect(reader.searchLag()).toBeGreaterThanOrEqual(0);
    expect(reader.searchLag()).toBe(0);
  }
  /** How many events the index holds. */
  function indexed(): unknown {
    const database = new DatabaseSync(files.search, { readOnly: true });
    const row = database.prepare('SELECT count(*) AS count FROM words_docsize').get();
    database.close();
    return row?.['count'];
  }
  function find(sid: string, text: string): number[] {
    const ids = [];
    for (let after = -1; ; ) {
      const slice = reader.events({ ...plainQuery({ sid, text, limit: 1000 }), after });
      ids.push(...slice.rows.map(([id]) => id));
      if (slice.next === null) return ids;
      after = slice.next;
    }
  }

  it('takes in what is appended, step by step, and says how much is left', () => {
    append('a', ...Array.from({ length: 2500 }, (_, n) => `word${n} common`));
    expect(reader.searchLag()).toBe(2500);
    expect(index.step()).toBe(true);
    expect(reader.searchLag()).toBeLessThan(2500);
    expect(find('a', 'word11 common')).toEqual([
      11,
      ...Array.from({ length: 10 }, (_, n) => 110 + n),
      ...Array.from({ length: 100 }, (_, n) => 1100 + n),
    ]);
    catchUp();
    expect(indexed()).toBe(2500);
    append('a', 'word11 late');
    expect(find('a', 'word11 late')).toEqual([2500]);
    expect(reader.searchLag()).toBe(1);
  });

  it('forgets a deleted conversation, also one that was deleted before it was taken in', () => {
    append('a', ...Array.from({ length: 2500 }, (_, n) => `word${n}`));
    append('b', 'kept');
    catchUp();
    append('c', 'unseen');
    remove('a');
    remove('c');
    catchUp();
    expect(indexed()).toBe(1);
    while (writer.purge()) expect(find('b', 'kept')).toEqual([0]);
    catchUp();
    append('b', 'more');
    catchUp();
    expect(indexed()).toBe(2);
    expect(find('b', 'more')).toEqual([1]);
  });

  it('goes on where it was', () => {
    append('a', 'one', 'two');
    catchUp();
    close();
    append('a', 'three');
    open();
    expect(reader.searchLag()).toBe(1);
    catchUp();
    expect(indexed()).toBe(3);
  });

  it.each<[string, (search: string) => void]>([
    ['was deleted', (search) => rmSync(search)],
    [
      'is no database',
      (search) => writeFileSync(search, 'not a database at all, but long enough to be one '.repeat(100)),
    ],
    ['is empty', (search) => writeFileSync(search, '')],
    ['is of another version', (search) => change(search, 'UPDATE progress SET version = 0')],
    ['is of another log', (search) => change(search, "UPDATE progress SET log_id = 'other'")],
    ['is ahead of its log', (search) => change(search, 'UPDATE progress SET place = 99, id = 9')],
    ['saw another event at its place', (search) => change(search, 'UPDATE progress SET at = at + 1')],
  ])('is made anew where it %s', (_, damage) => {
    append('a', 'one', 'two');
    catchUp();
    close();
    damage(files.search);
    open();
    expect(reader.searchLag()).toBe(2);
    catchUp();
    expect(find('a', 'two')).toEqual([1]);
    expect(indexed()).toBe(2);
  });

  it('is made anew where the log was put back from a backup', () => {
    append('a', 'one');
    const backup = path.join(folder, 'backup.db');
    log.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    copyFileSync(files.log, backup);
    append('a', 'lost');
    catchUp();
    close();
    log.close();
    copyFileSync(backup, files.log);
    log = openForWriting(files);
    writer = new LogWriter(log);
    append('b', 'other');
    open();
    expect(reader.searchLag()).toBe(2);
    catchUp();
    expect(find('a', 'lost')).toEqual([]);
    expect(find('b', 'other')).toEqual([0]);
  });

  it('answers a query of very many words', () => {
    const words = Array.from({ length: 400 }, (_, n) => `w${n}x`);
    append('a', words.join(' '), words.slice(1).join(' '), ...Array.from({ length: 200 }, () => 'other'));
    catchUp();
    expect(find('a', words.join(' '))).toEqual([0]);
    expect(find('a', words.slice(1).join(' '))).toEqual([0, 1]);
  });
});

function change(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}
