/** One simulated schedule of several nodes: what users do and when, and what happens to the nodes and their services. */
import fc from 'fast-check';
import type { Faults } from './faults.ts';
import { userOperations, userWeights } from './user-acts.ts';

/** What happens to one node; how long it lasts is drawn. */
const nodeOperations = [
  'crash',
  'restart',
  'freeze',
  'freeze owner',
  'sleep',
  'cut database',
  'hold database',
  'cut redis',
  'break lock',
  'lose lock',
  'break lock unseen',
  'step wall clock',
] as const;

/** What meets just when it hurts; left to chance, it would take many more schedules. */
const encounters = [
  'freeze at effect',
  'freeze at heartbeat',
  'sleep without lock',
  'close by another',
  'close and cut',
  'start and restart',
] as const;

const clusterOperations = ['rolling restart', 'restart database', 'flush redis', 'wait'] as const;

const operations = [...userOperations, ...nodeOperations, ...encounters, ...clusterOperations] as const;

export interface ClusterStep {
  /** After the step before, in ms. */
  readonly after: number;
  readonly do: (typeof operations)[number];
  readonly conversation: number;
  readonly client: number;
  readonly node: number;
  readonly lastsMs: number;
  readonly pick: number;
}

export interface ClusterSchedule {
  readonly seed: number;
  readonly nodes: number;
  readonly faults: Faults;
  readonly confirmationMode: boolean;
  readonly closeDelayMs: number;
  readonly limit: number | null;
  /** Machines sleep; their monotonic clocks stand still then, and so nobody sets the other ones. */
  readonly sleeps: boolean;
  readonly steps: readonly ClusterStep[];
}

const rate = (max: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constant(0), fc.double({ min: 0, max, noNaN: true }));

const weights: Record<(typeof operations)[number], number> = {
  ...userWeights,
  crash: 3,
  restart: 3,
  freeze: 3,
  'freeze owner': 3,
  sleep: 2,
  'cut database': 2,
  'hold database': 2,
  'cut redis': 2,
  'break lock': 2,
  'lose lock': 1,
  'break lock unseen': 2,
  'step wall clock': 1,
  'freeze at effect': 2,
  'freeze at heartbeat': 1,
  'sleep without lock': 2,
  'close by another': 2,
  'close and cut': 2,
  'start and restart': 2,
  'rolling restart': 1,
  'restart database': 2,
  'flush redis': 2,
  wait: 1,
};

const step = (nodes: number): fc.Arbitrary<ClusterStep> =>
  fc.record({
    after: fc.oneof(fc.nat(30), fc.nat(600), fc.nat(600), fc.nat(4_000)),
    do: fc.oneof(...operations.map((name) => ({ arbitrary: fc.constant(name), weight: weights[name] }))),
    conversation: fc.nat(1),
    client: fc.nat(2),
    node: fc.nat(nodes - 1),
    // Shorter than what a node bears, about as long, and longer than its lease.
    lastsMs: fc.oneof(fc.nat(200), fc.nat(1_000), fc.nat(8_000)),
    pick: fc.nat(99),
  });

/** Of two to so many nodes. */
export const clusterSchedules = (mostNodes: number): fc.Arbitrary<ClusterSchedule> =>
  fc.record({
    seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    nodes: fc.integer({ min: 2, max: mostNodes }),
    faults: fc.record({
      storeDelayMs: fc.constantFrom(1, 5, 40),
      unavailable: rate(0.1),
      unanswered: rate(0.1),
      slow: rate(0.05),
      hints: fc.oneof(
        fc.constant(null),
        fc.record({ lost: rate(1), repeated: rate(0.5), delayMs: fc.constantFrom(2, 20, 800) }),
      ),
      full: rate(0.3),
      flown: fc.constant(0),
      timeoutMs: fc.constant(4_000),
      openMs: fc.constantFrom(0, 10, 300),
    }),
    confirmationMode: fc.oneof(
      { arbitrary: fc.constant(false), weight: 3 },
      { arbitrary: fc.constant(true), weight: 1 },
    ),
    closeDelayMs: fc.constantFrom(0, 1_500),
    limit: fc.constantFrom(null, null, 1),
    sleeps: fc.boolean(),
    steps: fc.array(step(mostNodes), { minLength: 3, maxLength: 24 }),
  });
