/**
 * A cluster of three nodes, and one of each fault. `SEED=… vitest run test/chaos/cluster.test.ts` decides as a run with that
 * seed did; `npm run chaos` goes on for longer.
 */
import { expect, it } from 'vitest';
import { seedOf } from '../standalone/harness/random.ts';
import { chaos } from './cluster/chaos.ts';
import { faults } from './cluster/faults.ts';

const seed = seedOf(process.env);

it(`loses, repeats and reorders nothing under ${faults.length} faults (seed ${seed})`, async () => {
  const report = await chaos({
    seed,
    faults: faults.length,
    minutes: 4,
    say: (line) => console.log(line),
  });
  expect(report.violations).toEqual([]);
  expect(report.faults).toHaveLength(faults.length);
  expect(report.acknowledgements).toBeGreaterThan(200);
  expect(report.commands).toBeGreaterThan(200);
}, 600_000);
