import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { hasProcessTable, readProcesses } from './process-table.ts';

describe.runIf(hasProcessTable)('the list of processes', () => {
  it('is read once for all who ask at the same time, each with a start of their own', async () => {
    const own = (await readProcesses(0)).find(({ pid }) => pid === process.pid);
    const since = own?.startTicks ?? 0;
    const [all, some] = await Promise.all([readProcesses(0), readProcesses(since)]);
    expect(some.length).toBeLessThan(all.length);
    expect(some.every((entry) => entry.startTicks >= since && all.includes(entry))).toBe(true);
    expect(some.map(({ pid }) => pid)).toContain(process.pid);
  });

  it('is read anew for who asks while it is read', async () => {
    const before = readProcesses(0);
    await new Promise((resolve) => setImmediate(resolve)); // it has begun
    const child = spawn('sleep', ['100']);
    await once(child, 'spawn');
    const pids = (await readProcesses(0)).map(({ pid }) => pid);
    child.kill('SIGKILL');
    await before;
    expect(pids).toContain(child.pid);
  });
});
