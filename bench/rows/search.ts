/** Text search in one long conversation, newest first, a page of 20. */
import { commonWord, rareWord, wordOf } from '../events.ts';
import { median, percentile } from '../measure.ts';
import { sids } from '../seed.ts';
import type { Row } from './row.ts';

const queries = {
  'a rare word': rareWord,
  'a common word': commonWord,
  'a prefix': rareWord.slice(0, 5),
  'a common letter': wordOf(1).slice(0, 1),
  'two words': `${commonWord} ${wordOf(150)}`,
  'two words never together': `${rareWord} ${wordOf(19_999)}`,
  'no such word': 'xylophone',
} as const;

export const search: Row = {
  name: 'search',
  async measure(bench) {
    const server = await bench.server();
    const { events, queries: times } = bench.sizes;
    await bench.resetDelay(server);
    const measured: { name: string; found: number; p50: number; p99: number }[] = [];
    for (const [name, text] of Object.entries(queries)) {
      const { found, samples } = await server.calls.call('search', { sid: sids.long, text, times });
      measured.push({ name, found, p50: median(samples), p99: percentile(samples, 99) });
    }
    await bench.noteDelay(server, 'search');
    const slowest = measured.toSorted((left, right) => right.p50 - left.p50)[0];
    return [
      {
        what: `search in ${events.toLocaleString('en-US')} events, p50 of the slowest query`,
        unit: 'ms',
        ours: slowest?.p50 ?? null,
        yardstick: null,
        target: { of: 'value', atMost: 20 },
        n: times,
        details: { queries: measured },
        note: measured.map(({ name, p50 }) => `${name} ${p50.toFixed(1)}`).join(', '),
      },
    ];
  },
};
