import { expect, it } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { SoleMembership } from './membership.ts';

it('the only process lives, holds its lease, and is alone', async () => {
  await using membership = new SoleMembership(new VirtualClock());
  await membership.start({ load: () => 3, lost: async () => {}, rejoined: () => {}, died: () => {} });
  expect(membership.holdsLease()).toBe(true);
  expect(membership.living()).toEqual([membership.incarnation]);
  expect(membership.willing()).toEqual([membership.incarnation]);
  expect(await membership.isDead(membership.incarnation)).toBe(false);
  expect(await membership.nodes()).toMatchObject([
    { incarnation: membership.incarnation, live: true, load: 3 },
  ]);
});

it('whoever else owned something before it is dead', async () => {
  const clock = new VirtualClock();
  await using before = new SoleMembership(clock);
  await using now = new SoleMembership(clock);
  expect(now.incarnation).not.toBe(before.incarnation);
  expect(await now.isDead(before.incarnation)).toBe(true);
});

it('one that drains takes nothing more on, and lives', async () => {
  await using membership = new SoleMembership(new VirtualClock());
  await membership.drain();
  expect(membership.willing()).toEqual([]);
  expect(membership.living()).toEqual([membership.incarnation]);
  expect(await membership.nodes()).toMatchObject([{ draining: true }]);
});
