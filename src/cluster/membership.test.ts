import { expect, it } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { SoleMembership } from './membership.ts';

it('the only process lives, holds its lease, and is alone', async () => {
  await using membership = new SoleMembership(new VirtualClock());
  await membership.start();
  expect(membership.holdsLease()).toBe(true);
  expect(membership.living()).toEqual([membership.incarnation]);
  expect(membership.isDead(membership.incarnation)).toBe(false);
});

it('whoever else owned something before it is dead', async () => {
  const clock = new VirtualClock();
  await using before = new SoleMembership(clock);
  await using now = new SoleMembership(clock);
  expect(now.incarnation).not.toBe(before.incarnation);
  expect(now.isDead(before.incarnation)).toBe(true);
});
