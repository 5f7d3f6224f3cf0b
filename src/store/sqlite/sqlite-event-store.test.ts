import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NewEvent } from '../../events/event.ts';
import { SqliteEventStore } from './sqlite-event-store.ts';

const message = (content: string): NewEvent => ({
  source: 'user',
  action: 'message',
  args: { content, image_urls: [], wait_for_response: false },
});

describe('SqliteEventStore', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'convene-sqlite-'));
    file = path.join(folder, 'convene.db');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function opened(): Promise<SqliteEventStore> {
    const store = new SqliteEventStore({ file });
    await store.open();
    return store;
  }
  const append = (store: SqliteEventStore, sid: string, ...texts: string[]) =>
    store.append({ sid, events: texts.map(message), at: 1, writer: 'w', create: { userId: 'u', title: '' } });

  it('has not lost what it answered when its process is killed', async () => {
    const module = JSON.stringify(new URL('./sqlite-event-store.ts', import.meta.url).href);
    const code = `
      const { SqliteEventStore } = await import(${module});
      const store = new SqliteEventStore({ file: ${JSON.stringify(file)} });
      await store.open();
      const create = { userId: 'u', title: '' };
      const lane = async (sid) => {
        for (let n = 0; ; n += 1) {
          const args = { content: sid + n, image_urls: [], wait_for_response: false };
          const events = [{ source: 'user', action: 'message', args }];
          const { head } = await store.append({ sid, events, at: 1, writer: 'w', create });
          console.log(sid + ' ' + head);
        }
      };
      await Promise.all(['a', 'b', 'c'].map(lane));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const heads = new Map<string, number>();
    for await (const line of createInterface(child.stdout)) {
      const [sid = '', head] = line.split(' ');
      heads.set(sid, Number(head));
      if (Number(head) === 200) child.kill('SIGKILL');
    }
    await using store = await opened();
    for (const [sid, head] of heads) {
      const stored = await store.conversation(sid);
      expect(stored?.head).toBeGreaterThanOrEqual(head);
      const { events } = await store.events({ sid, limit: 1000 });
      expect(events.map((event) => event.message)).toEqual(events.map((_, n) => `${sid}${n}`));
      expect(events.length).toBe((stored?.head ?? -2) + 1);
    }
    expect(heads.size).toBe(3);
  });

  it('leaves nothing in its write-ahead log when it is closed', async () => {
    const store = await opened();
    await append(store, 'a', 'one');
    await store[Symbol.asyncDispose]();
    expect((await readdir(folder)).sort()).toEqual(['convene.db', 'convene.search.db']);
  });

  it('lets a process end that forgets to close it', async () => {
    const module = JSON.stringify(new URL('./sqlite-event-store.ts', import.meta.url).href);
    const code = `
      const { SqliteEventStore } = await import(${module});
      const store = new SqliteEventStore({ file: ${JSON.stringify(file)} });
      await store.open();
      await store.append({ sid: 'a', events: [], at: 1, writer: 'w', create: { userId: 'u', title: '' } });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' });
    expect(await once(child, 'exit')).toEqual([0, null]);
    await using store = await opened();
    expect(await store.conversation('a')).not.toBeNull();
  });

  it('refuses a database of a version that is too new, and leaves no thread behind', async () => {
    await (await opened())[Symbol.asyncDispose]();
    const database = new DatabaseSync(file);
    database.exec("UPDATE meta SET value = '99' WHERE name = 'min_compatible_version'");
    database.close();
    await expect(opened()).rejects.toMatchObject({ code: 'store_incompatible' });
  });

  it('tells that its folder does not exist', async () => {
    const store = new SqliteEventStore({ file: path.join(folder, 'missing', 'convene.db') });
    await expect(store.open()).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('refuses more than its bounds, and stores nothing of it', async () => {
    await using store = new SqliteEventStore({ file, bounds: { calls: 5, bytes: 1_000_000 } });
    await store.open();
    await append(store, 'a');
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => append(store, 'a', 'x')));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(5);
    for (const result of results.filter((candidate) => candidate.status === 'rejected')) {
      expect(result.reason).toMatchObject({ code: 'store_unavailable' });
    }
    expect((await store.conversation('a'))?.head).toBe(4);
    expect(await append(store, 'a', 'x'.repeat(3_000_000))).toMatchObject({ head: 5 });
  });

  it('purges what is deleted behind the answer, and at the next opening what is left', async () => {
    const store = await opened();
    for (const sid of ['a', 'b', 'c']) {
      await append(store, sid, ...Array.from({ length: 900 }, (_, n) => `${sid} ${n}`));
    }
    await store.remove('a');
    await vi.waitFor(() => expect(rowsOf(file)).toBe(1800), { timeout: 10_000, interval: 20 });
    await store.remove('b');
    await store[Symbol.asyncDispose]();
    await using again = await opened();
    await vi.waitFor(() => expect(rowsOf(file)).toBe(900), { timeout: 10_000, interval: 20 });
    expect((await again.conversation('c'))?.head).toBe(899);
  });

  it('answers lists from an index, without sorting', () => {
    const plans = [
      'SELECT * FROM conversation WHERE user_id = ? AND (created_at, sid) < (?, ?) ORDER BY created_at DESC, sid DESC',
      'SELECT * FROM conversation WHERE (created_at, sid) < (?, ?) ORDER BY created_at DESC, sid DESC',
      "SELECT * FROM conversation WHERE due = 1 AND desired <> 'waiting'",
      "SELECT * FROM conversation WHERE user_id = ? AND desired = 'waiting'",
      "SELECT DISTINCT user_id FROM conversation WHERE desired = 'waiting' AND user_id > ? ORDER BY user_id",
      "SELECT count(*) FROM conversation WHERE user_id = ? AND desired = 'running'",
    ];
    return opened().then(async (store) => {
      const database = new DatabaseSync(file, { readOnly: true });
      for (const sql of plans) {
        const plan = database
          .prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .all()
          .map((row) => String(row['detail']));
        expect(plan).toEqual([expect.stringMatching(/USING (COVERING )?INDEX conversation_/)]);
      }
      database.close();
      await store[Symbol.asyncDispose]();
    });
  });
});

function rowsOf(file: string): unknown {
  const database = new DatabaseSync(file, { readOnly: true });
  const row = database.prepare('SELECT count(*) AS count FROM event').get();
  database.close();
  return row?.['count'];
}
