/** What a conversation costs whose loop runs and rests, in a server that has nothing else to do. */
import type { ServerCalls } from '../processes/server.ts';
import type { Row } from './row.ts';

export const memory: Row = {
  name: 'memory',
  async measure(bench) {
    const { idle: count } = bench.sizes;
    const server = await bench.child<ServerCalls>('server', {
      flags: ['--expose-gc'],
      args: [await bench.folder()],
    });
    const measured = await server.call('rest', { count, prefix: 'idle' });
    await server[Symbol.asyncDispose]();
    const timers = measured.timersAfter - measured.timersBefore;
    const size = count.toLocaleString('en-US');
    return [
      {
        what: `memory of each of ${size} resting conversations`,
        unit: 'KB',
        ours: (measured.after - measured.before) / count / 1024,
        yardstick: null,
        target: { of: 'value', atMost: 10 },
        n: 1,
        details: { ...measured },
        note: `resident: ${((measured.residentAfter - measured.residentBefore) / count / 1024).toFixed(1)} KB each`,
      },
      {
        what: `timers of ${size} resting conversations`,
        unit: 'timers',
        ours: timers,
        yardstick: null,
        target: { of: 'value', atMost: 0 },
        n: 1,
      },
    ];
  },
};
