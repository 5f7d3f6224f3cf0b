/** Thousands of schedules of users, crashes, failures and losses, and no invariant violated. */
import { expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const SCHEDULES = 10_000;

it(`${SCHEDULES} schedules violate nothing`, { timeout: 300_000 }, async () => {
  const report = await simulate({ schedules: SCHEDULES });
  expect(report.failed, report.summary).toBe(false);
  expect(report.ran).toBe(SCHEDULES);
});
