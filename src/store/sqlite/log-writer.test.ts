import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewEvent } from '../../events/event.ts';
import { encodeAppend } from '../append-rules.ts';
import type { AppendRequest } from '../event-store.ts';
import { type Call, isFailed, type WriterCalls } from './calls.ts';
import { filesOf, openForWriting } from './database.ts';
import { LogWriter } from './log-writer.ts';
import { migrate } from './migrations.ts';
import { packAppend } from './packed-append.ts';

const message = (content: string): NewEvent => ({
  source: 'user',
  action: 'message',
  args: { content, image_urls: [], wait_for_response: false },
});

/** With names, where it is the answer to an append that is stored. */
function shown(answer: unknown): unknown {
  if (!Array.isArray(answer)) return answer;
  const [first, head, created, userId, desired, owner, rows] = answer;
  return { outcome: 'appended', first, head, created, userId, desired, owner, rows };
}

describe('the writer of the log', () => {
  let folder: string;
  let database: DatabaseSync;
  let writer: LogWriter;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'convene-writer-'));
    database = openForWriting(filesOf(path.join(folder, 'convene.db')));
    migrate(database);
    writer = new LogWriter(database);
    create('a', 'b', 'c');
  });
  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });

  const append = (sid: string, text: string, more: Partial<AppendRequest> = {}): Call<WriterCalls> => [
    'append',
    packAppend(encodeAppend({ sid, events: [message(text)], at: 1, writer: 'w', ...more })),
  ];
  const create = (...sids: string[]) =>
    writer.run(sids.map((sid) => append(sid, '', { events: [], create: { userId: 'u', title: sid } })));
  /** Short names of answers. */
  const run = (...calls: Call<WriterCalls>[]) =>
    writer.run(calls).map((answer) => (isFailed(answer) ? answer.failure.code : shown(answer)));
  const head = (sid: string) =>
    database.prepare('SELECT head FROM conversation WHERE sid = ?').get(sid)?.['head'];
  const count = (table: string) =>
    database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.['count'];
  const places = () =>
    database
      .prepare('SELECT place FROM event ORDER BY place')
      .all()
      .map((row) => row['place']);

  /** From now on a statement that stores an event with the text "poison" fails. */
  const failStatements = () =>
    database.exec(`
      CREATE TRIGGER poison BEFORE INSERT ON event WHEN instr(NEW.data, 'poison')
      BEGIN SELECT RAISE(ABORT, 'poisoned'); END`);
  /** From now on a commit that stores one fails: it leaves a reference to nothing. */
  const failCommits = () =>
    database.exec(`
      CREATE TABLE reference (target INTEGER REFERENCES empty (id) DEFERRABLE INITIALLY DEFERRED);
      CREATE TABLE empty (id INTEGER PRIMARY KEY);
      CREATE TRIGGER poison BEFORE INSERT ON event WHEN instr(NEW.data, 'poison')
      BEGIN INSERT INTO reference VALUES (1); END`);

  it('stores nothing of a call whose statement fails, and all of the others', () => {
    failStatements();
    const answers = run(
      append('a', 'one'),
      append('b', 'poison', { set: { desired: 'running' } }),
      append('c', 'two'),
    );
    expect(answers).toMatchObject([{ outcome: 'appended' }, 'store_unavailable', { outcome: 'appended' }]);
    expect([head('a'), head('b'), head('c')]).toEqual([0, -1, 0]);
    expect(database.prepare("SELECT desired FROM conversation WHERE sid = 'b'").get()).toEqual({
      desired: 'stopped',
    });
    expect(places()).toHaveLength(2);
  });

  it('answers that the outcome is unknown where a commit failed twice, and stores the others', () => {
    failCommits();
    const answers = run(append('a', 'one'), append('b', 'poison'), append('c', 'two'));
    expect(answers).toMatchObject([{ outcome: 'appended' }, 'outcome_unknown', { outcome: 'appended' }]);
    expect([head('a'), head('b'), head('c')]).toEqual([0, -1, 0]);
  });

  it('tries nothing where it cannot begin', () => {
    database.exec('PRAGMA busy_timeout = 50');
    const other = openForWriting(filesOf(path.join(folder, 'convene.db')));
    other.exec('BEGIN IMMEDIATE');
    const before = performance.now();
    const answers = run(...Array.from({ length: 100 }, (_, n) => append('a', `${n}`)));
    expect(answers).toEqual(Array.from({ length: 100 }, () => 'store_unavailable'));
    expect(performance.now() - before).toBeLessThan(2000);
    other.exec('ROLLBACK');
    other.close();
    expect(run(append('a', 'x'))).toMatchObject([{ first: 0 }]);
  });

  it('goes on from what is stored after a failure', () => {
    failStatements();
    run(append('a', 'one'), append('a', 'poison'), append('a', 'two'));
    expect(head('a')).toBe(1);
    expect(run(append('a', 'three'))).toMatchObject([{ first: 2 }]);
    expect(run(append('a', 'four', { events: [message('four'), message('poison')] }))).toEqual([
      'store_unavailable',
    ]);
    expect(run(append('a', 'five', { behind: 2 }))).toMatchObject([{ first: 3 }]);
    expect(new Set(places()).size).toBe(4);
    expect(places()).toHaveLength(4);
  });

  it('creates nothing by a call that fails', () => {
    failStatements();
    expect(run(append('new', 'poison', { create: { userId: 'u', title: '' } }))).toEqual([
      'store_unavailable',
    ]);
    expect(count('conversation')).toBe(3);
    expect(run(append('new', 'x', { create: { userId: 'u', title: '' } }))).toMatchObject([
      { created: true },
    ]);
  });

  it('stores a repeated key of one transaction once', () => {
    const answers = run(
      append('a', 'x', { key: 'k' }),
      append('a', 'x', { key: 'k' }),
      append('a', 'y', { key: 'k' }),
    );
    expect(answers).toMatchObject([
      { first: 0, rows: null },
      { first: 0, rows: [{ id: 0 }] },
      { outcome: 'conflict' },
    ]);
    expect(count('event')).toBe(1);
  });

  it('purges what is deleted in bounded steps, and nothing else', () => {
    const events = Array.from({ length: 1000 }, (_, n) => message(`${n}`));
    run(append('a', '', { events }), append('b', 'kept'));
    run(['saveSnapshot', { sid: 'a', id: 0, version: '1', state: '{}' }]);
    run(['remove', 'a']);
    const counts = [];
    while (writer.purge()) counts.push(count('event'));
    expect(counts).toEqual([745, 489, 233, 1, 1]);
    expect(count('snapshot')).toBe(0);
    expect(head('b')).toBe(0);
    expect(writer.purge()).toBe(false);
  });

  it('purges large events a few at a time', () => {
    const events = Array.from({ length: 6 }, () => message('x'.repeat(600_000)));
    run(append('a', '', { events }));
    run(['remove', 'a']);
    writer.purge();
    expect(count('event')).toBe(4);
  });

  it('takes an unfinished purge up again, and uses no place twice', () => {
    run(append('a', 'one'), append('b', 'two'), append('b', 'three'));
    run(['remove', 'b']);
    writer.purge();
    expect(places()).toEqual([1]);
    writer = new LogWriter(database);
    run(append('a', 'four'));
    expect(places()).toEqual([1, 4]);
    expect(writer.purge()).toBe(true);
    expect(writer.purge()).toBe(false);
  });

  it('knows what it does not hold in memory', () => {
    const sids = Array.from({ length: 9000 }, (_, n) => `many-${n}`);
    create(...sids);
    run(...sids.map((sid) => append(sid, 'x', { key: 'k' })));
    const again = run(...sids.map((sid) => append(sid, 'x', { key: 'k' })));
    expect(again).toMatchObject(sids.map(() => ({ first: 0, rows: [{ id: 0 }] })));
    expect(count('event')).toBe(9000);
  });
});
