/**
 * How late the server's event loop is, while all rows before were measured and under a load of everything at once; and
 * the same with every fsync delayed by 10 ms. In the second case a tracer delays the system calls of every thread.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Bench, NotedDelay, Server } from '../bench.ts';
import { median } from '../measure.ts';
import { mixedLoad } from '../mixed-load.ts';
import { agentNames } from '../processes/agents.ts';
import type { Result } from '../result.ts';
import { content } from './acknowledgement.ts';
import type { Row } from './row.ts';

const FSYNC_DELAY_MS = 10;
const calls = 'fsync,fdatasync';

const target = { of: 'value', atMost: 20 } as const;

export const delay: Row = {
  name: 'delay',
  async measure(bench) {
    const server = await bench.server();
    await bench.resetDelay(server);
    await mixedLoad(bench, server);
    await bench.noteDelay(server, 'everything at once');
    const usual = await acknowledgements(bench, server, 'bench-delay');
    const worst = bench.delays.toSorted((left, right) => right.server.p99 - left.server.p99)[0];
    const undisturbed: Result = {
      what: 'event loop delay, p99 of the worst row',
      unit: 'ms',
      ours: worst?.server.p99 ?? null,
      yardstick: worst?.idle.p99 ?? null,
      target,
      n: bench.delays.reduce((sum, { server: { samples } }) => sum + samples, 0),
      details: { delays: bench.delays },
      note: bench.delays.map(shown).join(', '),
    };
    return [undisturbed, await withDelayedFsync(bench, usual)];
  },
};

async function withDelayedFsync(bench: Bench, usual: number): Promise<Result> {
  const what = `event loop delay with each fsync ${FSYNC_DELAY_MS} ms late, p99`;
  if (spawnSync('strace', ['--version']).error !== undefined) {
    const note = 'not measured: there is no strace';
    return { what, unit: 'ms', ours: null, yardstick: null, target, n: 0, note };
  }
  await bench.endServer();
  const log = path.join(await bench.folder(), 'strace.log');
  const wrapper = ['strace', '-f', '--seccomp-bpf', '-o', log, '-e', `trace=${calls}`];
  wrapper.push('-e', `inject=${calls}:delay_exit=${FSYNC_DELAY_MS * 1000}`);
  const server = await bench.serve({ wrapper });
  const late = await acknowledgements(bench, server, 'bench-delay-late');
  await bench.resetDelay(server);
  await mixedLoad(bench, server);
  const noted = await bench.noteDelay(server, 'everything at once, fsync late');
  await server.calls[Symbol.asyncDispose]();
  const note = `${shown(noted)}; an acknowledgement took ${late.toFixed(1)} ms, without the delay ${usual.toFixed(1)} ms`;
  const tookPlace = late - usual >= FSYNC_DELAY_MS;
  return {
    what,
    unit: 'ms',
    ours: tookPlace ? noted.server.p99 : null,
    yardstick: noted.idle.p99,
    target,
    n: noted.server.samples,
    details: { noted, acknowledgement: { late, usual } },
    note: tookPlace ? note : `not measured: the delay did not take place (${note})`,
  };
}

/** The median time of a message's acknowledgement: it tells whether fsync is delayed. */
async function acknowledgements(bench: Bench, server: Server, sid: string): Promise<number> {
  const clients = await bench.clients();
  await server.calls.call('begin', { sid, agent: agentNames.thinker });
  const client = await clients.call('open', { url: server.url, sid });
  const samples = await clients.call('acknowledged', { client, times: 30, content });
  await clients.call('close', client);
  return median(samples);
}

function shown({ during, idle, server }: NotedDelay): string {
  return `${during} ${server.p99.toFixed(1)} (max ${server.max.toFixed(0)}; an idle process ${idle.p99.toFixed(1)})`;
}
