/**
 * `npm run chaos`: a cluster under faults for long, with a report.
 *
 *   --minutes 30   at most
 *   --faults 100   at most
 *   --kinds a,b    only faults of these kinds
 *   --seed N       decides what happens as a run with that seed did
 *   --lease 6000   of the nodes, in ms (default: 2000)
 */
import { parseArgs } from 'node:util';
import { seedOf } from '../../standalone/harness/random.ts';
import { quantile } from '../../standalone/harness/until.ts';
import { chaos } from './chaos.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    faults: { type: 'string', default: '100' },
    seed: { type: 'string' },
    kinds: { type: 'string' },
    lease: { type: 'string', default: '2000' },
  },
});
const seed = seedOf({ SEED: values.seed });
const say = (line: string): void => void process.stdout.write(`${line}\n`);
say(`seed ${seed}`);
const report = await chaos({
  seed,
  minutes: Number(values.minutes),
  faults: Number(values.faults),
  leaseMs: Number(values.lease),
  ...(values.kinds === undefined ? {} : { kinds: values.kinds.split(',') }),
  say,
});
say('');
say(
  '| fault | times | longest wait for an acknowledgement, median / worst | for an answer, median / worst |',
);
say('|---|---|---|---|');
for (const kind of new Set(report.faults.map((one) => one.kind))) {
  const those = report.faults.filter((one) => one.kind === kind);
  const both = (ms: readonly number[]): string => `${quantile(ms, 0.5)} / ${quantile(ms, 1)} ms`;
  const [acks, turns] = [those.map((one) => one.longestAckMs), those.map((one) => one.longestTurnMs)];
  say(`| ${kind} | ${those.length} | ${both(acks)} | ${both(turns)} |`);
}
say('');
say(
  `${report.faults.length} faults, ${report.acknowledgements} acknowledgements, ${report.events} events, ` +
    `${report.commands} commands, ${report.violations.length} violations`,
);
for (const violation of report.violations.slice(0, 50)) say(`  ${violation}`);
process.exit(report.violations.length === 0 ? 0 : 1);
