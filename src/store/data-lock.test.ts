import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataDir } from './data-lock.ts';

describe('the lock on a data folder', () => {
  let parent: string;
  let dir: string;

  beforeEach(async () => {
    parent = await mkdtemp(path.join(tmpdir(), 'convene-lock-'));
    dir = path.join(parent, 'deep', 'data');
  });
  afterEach(() => rm(parent, { recursive: true }));

  /** Another process that takes the lock and then waits; answers with it and its first line. */
  async function otherServer() {
    const module = JSON.stringify(new URL('./data-lock.ts', import.meta.url).href);
    const code = `
      const { lockDataDir } = await import(${module});
      try {
        globalThis.lock = await lockDataDir(${JSON.stringify(dir)});
        console.log('locked');
        setInterval(() => {}, 1e6);
      } catch (error) {
        console.log(error.code + ' ' + error.message);
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
    return { child, line: String(line) };
  }

  it('makes the folder for its owner only', async () => {
    using _lock = await lockDataDir(dir);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
  });

  it('is held once, also within one process', async () => {
    const lock = await lockDataDir(dir);
    await expect(lockDataDir(dir)).rejects.toMatchObject({
      code: 'already_running',
      details: { pid: process.pid },
    });
    lock[Symbol.dispose]();
    using _again = await lockDataDir(dir);
  });

  it('refuses another process and names the holder', async () => {
    using _lock = await lockDataDir(dir);
    const { child, line } = await otherServer();
    await once(child, 'exit');
    expect(line).toContain('already_running');
    expect(line).toContain(`process id ${process.pid} `);
  });

  it('is free again when its holder was killed', async () => {
    const { child, line } = await otherServer();
    expect(line).toBe('locked\n');
    await expect(lockDataDir(dir)).rejects.toMatchObject({
      code: 'already_running',
      details: { pid: child.pid },
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    using _lock = await lockDataDir(dir);
  });

  it('is taken by one of many that come at once', async () => {
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map(() => lockDataDir(dir)));
    const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(locks).toHaveLength(1);
    for (const lock of locks) lock[Symbol.dispose]();
  });

  it('tells where the folder cannot be used', async () => {
    await expect(lockDataDir('/dev/null/data')).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});
