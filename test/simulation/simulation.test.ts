/**
 * Thousands of schedules of users, crashes, failures and losses, and no invariant violated. The seed is fixed, so that a run
 * can be compared with the one before; `npm run simulate` draws a new one each time.
 */
import { expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const SCHEDULES = 10_000;
const SEED = 20_261_123;

it(`${SCHEDULES} schedules violate nothing`, { timeout: 300_000 }, async () => {
  const report = await simulate({ schedules: SCHEDULES, seed: SEED });
  expect(report.failed, report.summary).toBe(false);
  expect(report.ran).toBe(SCHEDULES);
});
