/**
 * Durable appends of 1 KB, pipelined, against inserts of the same rows in commits of the same sizes. Ours also builds its
 * search index meanwhile, behind the log and in a thread of its own; the yardstick has none.
 */
import type { Bench } from '../bench.ts';
import type { Child } from '../child.ts';
import { median } from '../measure.ts';
import type { AppendCalls, AppenderCalls } from '../processes/appender.ts';
import type { Result } from '../result.ts';
import type { Row } from './row.ts';

const IN_FLIGHT = 1_000;

export const appends: Row = {
  name: 'appends',
  async measure(bench) {
    const appender = await bench.child<AppenderCalls>('appender', { args: [await bench.folder()] });
    const results = [
      await measureAppends(bench, appender, 1_000, 'durable appends, 1,000 conversations'),
      await measureAppends(bench, appender, 1, 'durable appends, one conversation'),
    ];
    const searchLag = await appender.call('searchLag');
    await appender[Symbol.asyncDispose]();
    return results.map((result) => ({ ...result, details: { ...result.details, searchLag } }));
  },
};

/** `appender`: of this or another store. */
export async function measureAppends(
  bench: Bench,
  appender: Child<AppendCalls>,
  conversations: number,
  what: string,
): Promise<Result> {
  const { appends: events, rounds } = bench.sizes;
  const ours: number[] = [];
  const inserts: number[] = [];
  const sizes: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const appended = await appender.call('append', { events, inFlight: IN_FLIGHT, conversations });
    const inserted = await appender.call('insert', { commits: appended.commits, conversations });
    if (round === 0) continue; // it warms up
    ours.push((1000 * events) / appended.ms);
    inserts.push((1000 * events) / inserted.ms);
    sizes.push(...appended.commits);
  }
  return {
    what,
    unit: 'events/s',
    ours: median(ours),
    yardstick: median(inserts),
    target: { of: 'ratio', atLeast: 0.7 },
    n: rounds,
    details: { inFlight: IN_FLIGHT, commitSize: median(sizes) },
    note: `commits of ${median(sizes)}`,
  };
}
