/** What the clock decides; all else is in postgres-membership.test.ts. */
import { expect, it } from 'vitest';
import { delay } from '../clock.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { LeasedMembership } from './leased-membership.ts';
import type { NodeRegistry, TakenLock } from './node-registry.ts';

it.each([
  { takesMs: 100, lost: 0 },
  { takesMs: 400, lost: 1 },
])(
  'a lock counts as lost from its loss on, though giving it up takes $takesMs ms',
  async ({ takesMs, lost }) => {
    const clock = new VirtualClock();
    let breakLock = (): void => {};
    let losses = 0;
    const registry: NodeRegistry = {
      open: async () => {},
      async takeLock({ onLost }) {
        let held = true;
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
          release: () => delay(clock, held ? 0 : takesMs),
        };
        return lock;
      },
      join: async () => {},
      beat: async () => ({ alive: true, nodes: [] }),
      look: async () => ({ databaseAgeMs: 0, nodes: [] }),
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
        losses += 1;
      },
      rejoined: () => {},
      died: () => {},
    });
    const before = membership.incarnation;
    breakLock();
    expect(membership.holdsLease()).toBe(false);
    await clock.advance(1_000);
    expect(losses).toBe(lost);
    expect(membership.incarnation === before).toBe(lost === 0);
    expect(membership.holdsLease()).toBe(true);
  },
);
