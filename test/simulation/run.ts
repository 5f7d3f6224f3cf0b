/**
 * Runs schedules: `node test/simulation/run.ts --schedules 1000 --seed 7 [--nodes 3] [--path P]`. Exits 1 with the violations and how to
 * replay them where an invariant does not hold.
 */
import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '1000' },
    nodes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    path: { type: 'string' },
    'no-shrink': { type: 'boolean', default: false },
  },
});

const report = await simulate({
  schedules: Number(values.schedules),
  nodes: Number(values.nodes),
  shrink: !values['no-shrink'],
  ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
  ...(values.path === undefined ? {} : { path: values.path }),
});
console.log(report.summary);
process.exitCode = report.failed ? 1 : 0;
