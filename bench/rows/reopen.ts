/**
 * Reopening a loop: from the call that makes a closed conversation run to the event that says that its loop waits. The
 * first opening of a log that has no snapshot folds all of it, and is shown beside it.
 */
import { interleaved, median } from '../measure.ts';
import { shortEvents, sids } from '../seed.ts';
import type { Row } from './row.ts';

export const reopen: Row = {
  name: 'reopen',
  async measure(bench) {
    const server = await bench.server();
    const { events, rounds } = bench.sizes;
    await bench.resetDelay(server);
    const first = await server.calls.call('reopen', sids.long);
    await bench.noteDelay(server, 'first opening');
    const samples = await interleaved(rounds * 2, {
      long: async () => [await server.calls.call('reopen', sids.long)],
      short: async () => [await server.calls.call('reopen', sids.short)],
    });
    await bench.noteDelay(server, 'reopen');
    const size = events.toLocaleString('en-US');
    return [
      {
        what: `reopening a loop on ${size} events (yardstick: on ${shortEvents})`,
        unit: 'ms',
        ours: median(samples.long),
        yardstick: median(samples.short),
        target: { of: 'ratio', atMost: 2 },
        n: samples.long.length,
      },
      {
        what: `its first opening, without a snapshot`,
        unit: 'ms',
        ours: first,
        yardstick: null,
        target: null,
        n: 1,
      },
    ];
  },
};
