/** What the clock decides; all else is in postgres-membership.test.ts. */
import { expect, it } from 'vitest';
import { delay } from '../clock.ts';
import { ConveneError } from '../errors.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { LeasedMembership } from './leased-membership.ts';
import type { NodeRegistry, TakenLock } from './node-registry.ts';

interface Parts {
  /** How long it takes to give a broken lock up. */
  readonly releaseMs?: number;
  /** Whether the registry does not answer. */
  readonly isAway?: () => boolean;
  /** What a look says of this node. */
  readonly isAlive?: () => boolean;
  /** How long a look takes. */
  readonly lookMs?: () => number;
}

const living = { draining: false, load: 0, free: false, expired: false, heardAt: 0 };

async function begin({
  releaseMs = 0,
  isAway = () => false,
  isAlive = () => true,
  lookMs = () => 0,
}: Parts = {}) {
  const clock = new VirtualClock();
  const told = { losses: 0, locks: 0 };
  let joined = '';
  let isFree = false;
  let breakLock = (): void => {};
  const registry: NodeRegistry = {
    open: async () => {},
    async takeLock({ onLost }) {
      let held = true;
      isFree = false;
      told.locks += 1;
      breakLock = () => {
        held = false;
        onLost();
      };
      const lock: TakenLock = {
        takenAt: clock.monotonic(),
        get held() {
          return held;
        },
        takeForLost: breakLock,
        release: () => delay(clock, held ? 0 : releaseMs),
      };
      return lock;
    },
    async join(node) {
      joined = node.incarnation;
    },
    beat: async () => ({ alive: true, nodes: [] }),
    async look() {
      if (isAway()) throw new ConveneError('store_unavailable');
      const nodes = isAlive() ? [{ ...living, free: isFree, incarnation: joined }] : [];
      if (lookMs() > 0) await delay(clock, lookMs());
      return { databaseAgeMs: 0, nodes };
    },
    bury: async () => [],
    leave: async () => {},
    lives: async () => true,
    nodes: async () => [],
    prune: async () => {},
    close: async () => {},
  };
  const membership = new LeasedMembership({
    registry,
    clock,
    nodeUrl: () => null,
    leaseMs: 6_000,
    onWarning: () => {},
    onError: (error) => {
      throw error;
    },
  });
  await membership.start({
    load: () => 0,
    lost: async () => {
      told.losses += 1;
    },
    rejoined: () => {},
    died: () => {},
  });
  const loseLock = (): void => {
    isFree = true;
  };
  return { clock, membership, told, breakLock: () => breakLock(), loseLock };
}

it.each([
  { takesMs: 100, lost: 0 },
  { takesMs: 400, lost: 1 },
])(
  'a lock counts as lost from its loss on, though giving it up takes $takesMs ms',
  async ({ takesMs, lost }) => {
    const { breakLock, clock, membership, told } = await begin({ releaseMs: takesMs });
    const before = membership.incarnation;
    breakLock();
    await clock.advance(1_000);
    expect(told.losses).toBe(lost);
    expect(membership.incarnation === before).toBe(lost === 0);
    expect(membership.holdsLease()).toBe(true);
  },
);

it('a node that looks may act, without asking', async () => {
  const { clock, membership } = await begin();
  await clock.advance(1_000);
  expect(membership.mayAct()).toBe(true);
});

it('after a standstill it may act as soon as it has seen that it lives', async () => {
  const away = { now: false };
  const { clock, membership, told } = await begin({ isAway: () => away.now });
  await clock.advance(1_000);
  away.now = true;
  clock.stepWall(450);
  const answers: boolean[] = [];
  void Promise.resolve(membership.mayAct()).then((may) => answers.push(may));
  await clock.advance(1_000);
  expect(answers).toEqual([]);
  away.now = false;
  await clock.advance(100);
  expect(answers).toEqual([true]);
  expect(membership.mayAct()).toBe(true);
  expect(told.losses).toBe(0);
});

it('after a standstill a node that has been declared dead knows it before anything takes effect', async () => {
  const alive = { now: true };
  const { clock, membership, told } = await begin({ isAlive: () => alive.now });
  alive.now = false;
  clock.stepWall(450);
  expect(await membership.mayAct()).toBe(false);
  expect(told.losses).toBe(1);
});

it('an answer that comes too late says nothing: it looks again', async () => {
  const late = { ms: 0 };
  const { clock, membership } = await begin({ lookMs: () => late.ms });
  late.ms = 310;
  await clock.advance(1_000);
  const answers: boolean[] = [];
  void Promise.resolve(membership.mayAct()).then((may) => answers.push(may));
  await clock.advance(2_000);
  expect(answers).toEqual([]);
  late.ms = 10;
  await clock.advance(400);
  expect(answers).toEqual([true]);
});

it('a lock that was lost without a word is taken again', async () => {
  const { clock, loseLock, membership, told } = await begin();
  await clock.advance(1_000);
  const before = membership.incarnation;
  loseLock();
  await clock.advance(1_000);
  expect(membership.mayAct()).toBe(true);
  expect(told).toEqual({ losses: 0, locks: 2 });
  expect(membership.incarnation).toBe(before);
});

it('a lock is not taken again after a sleep that was longer than it may be free', async () => {
  const { breakLock, clock, membership, told } = await begin({ releaseMs: 100 });
  const before = membership.incarnation;
  breakLock();
  clock.stepWall(450);
  await clock.advance(1_000);
  expect(told.losses).toBe(1);
  expect(membership.incarnation).not.toBe(before);
});
