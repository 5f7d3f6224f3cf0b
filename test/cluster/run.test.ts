/** `npm run cluster`, as somebody has it who wants to see a cluster. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, it } from 'vitest';
import { Api } from '../standalone/harness/api.ts';
import { until } from '../standalone/harness/until.ts';
import { commandOf } from '../standalone/harness/wire.ts';

const script = path.join(import.meta.dirname, '../../scripts/cluster/run.ts');

it('starts everything, serves through one address, starts a killed node anew, and leaves nothing', async () => {
  const child = spawn(process.execPath, [script, '--port', '0', '--nodes', '2'], { stdio: 'pipe' });
  const ended = once(child, 'exit');
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const pids = (): number[] => [...said.matchAll(/process (\d+)/g)].map(([, pid]) => Number(pid));
  try {
    const find = (): string | undefined => /The cluster is listening on (\S+)/.exec(said)?.[1];
    const url = await until('it listens', find, { timeoutMs: 300_000 });
    const api = new Api(url);
    const sid = await api.create({ initial_user_msg: '$ echo here' });
    await until('it works', async () =>
      (await api.events(sid)).some((one) => commandOf(one) === 'echo here'),
    );
    const [first] = pids();
    if (first === undefined) throw new Error(said);
    process.kill(first, 'SIGKILL');
    await until('it is started anew', () => pids().length === 3);
    for (let n = 0; n < 4; n += 1) expect(await api.events(sid)).not.toHaveLength(0);
  } finally {
    child.kill('SIGINT');
  }
  expect(await ended).toEqual([0, null]);
  for (const pid of pids()) expect(() => process.kill(pid, 0)).toThrow();
}, 400_000);
