/** Where there is no `/proc` (macOS), processes are known by their groups: coarser, but nothing is left over. */
import { mkdir } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { errnoOf } from './errno.ts';
import { eventually, execute, openFixture } from './fixture.ts';

vi.mock('./process-table.ts', () => ({
  hasProcessTable: false,
  ticksPerSecond: 100,
  readProcess: () => null,
  readProcesses: () => Promise.reject(new Error('There is no process table.')),
  youngestChild: () => null,
}));

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false;
    throw error;
  }
}

describe('without a process table', () => {
  it('an interruption kills the command with its shell; directory and exported variables live on', async () => {
    await using own = await openFixture();
    await mkdir(`${own.workspace}/sub`, { recursive: true });
    const pid = Number((await own.run('cd sub; export A=1; echo $$')).content);
    const abort = new AbortController();
    const answer = execute(own.runtime, 'touch started; sleep 1000; echo after', { signal: abort.signal });
    await eventually(async () => (await own.provider.files('conversation').list('sub')).length > 0);
    abort.abort();
    expect(await answer).toMatchObject({ observation: 'run', success: false });
    await eventually(() => !isThere(pid));
    expect((await own.run('pwd; echo $A')).content).toBe(`${own.workspace}/sub\n1`);
  });

  it('C-c ends a command', async () => {
    await using own = await openFixture();
    await own.run('sleep 1000; echo after', { timeout: 0.1 });
    expect(await own.run('C-c')).toMatchObject({ content: '', extras: { metadata: { exit_code: 130 } } });
  });

  it('a disposal leaves nothing of the group', async () => {
    await using own = await openFixture();
    const pids = (await own.run('sleep 1000 & echo $!; (sleep 1001 & echo $!); echo $$')).content
      .split('\n')
      .map(Number);
    expect(pids.every(isThere)).toBe(true);
    await own.runtime[Symbol.asyncDispose]();
    await eventually(() => !pids.some(isThere));
  });
});
