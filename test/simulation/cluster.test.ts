/**
 * Thousands of schedules of two and three nodes that crash, pause, lose their database and their Redis, and are restarted in
 * turn, and no invariant violated. The seed is fixed; `npm run simulate -- --nodes 3` draws a new one each time.
 */
import { expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const SCHEDULES = 3_000;
const SEED = 20_261_125;

it(`${SCHEDULES} schedules of several nodes violate nothing`, { timeout: 300_000 }, async () => {
  const report = await simulate({ nodes: 3, schedules: SCHEDULES, seed: SEED });
  expect(report.failed, report.summary).toBe(false);
  expect(report.ran).toBe(SCHEDULES);
});
