/** What any registry of nodes does: the one in PostgreSQL, and the table that the simulation has in its place. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HeardNode, NodeRegistry, NodeState, TakenLock } from '../../src/cluster/node-registry.ts';

export interface RegistryUnderTest extends AsyncDisposable {
  readonly registry: NodeRegistry;
  readonly leaseMs: number;
  /** Resolves when so much of the registry's time has passed. */
  pass(ms: number): Promise<void>;
  /** Its place has just been started. */
  restart(): Promise<void>;
}

const node = (incarnation: string, more: Partial<NodeState> = {}): NodeState => ({
  incarnation,
  url: null,
  draining: false,
  load: 0,
  ...more,
});

export function nodeRegistryConformance(name: string, begin: () => Promise<RegistryUnderTest>): void {
  describe(`a registry of nodes ${name}`, () => {
    let under: RegistryUnderTest;
    let registry: NodeRegistry;
    let locks: TakenLock[];

    beforeEach(async () => {
      under = await begin();
      registry = under.registry;
      await registry.open();
      locks = [];
    });
    afterEach(async () => {
      for (const lock of locks) await lock.release();
      await registry.close();
      await under[Symbol.asyncDispose]();
    });

    async function lock(incarnation: string): Promise<TakenLock> {
      const taken = await registry.takeLock({ incarnation, onLost: () => {} });
      locks.push(taken);
      return taken;
    }

    const seen = async (): Promise<Record<string, string>> => {
      const { nodes } = await registry.look();
      return Object.fromEntries(
        nodes.map(({ expired, free, incarnation }) => [
          incarnation,
          `${free ? 'free' : 'held'} ${expired ? 'expired' : 'current'}`,
        ]),
      );
    };

    const heard = async (): Promise<HeardNode[]> => {
      const { nodes } = await registry.look();
      return nodes.map(({ heardAt, incarnation }) => ({ heardAt, incarnation }));
    };

    it('shows who lives, whose lock is free, and whose lease has ended', async () => {
      expect(await seen()).toEqual({});
      const one = await lock('one');
      await registry.join(node('one', { load: 3 }), null);
      await registry.join(node('two', { draining: true }), null);
      expect(await seen()).toEqual({ one: 'held current', two: 'free current' });
      expect((await registry.look()).nodes).toContainEqual(
        expect.objectContaining({ incarnation: 'one', load: 3, draining: false }),
      );
      await one.release();
      expect(one.held).toBe(false);
      await under.pass(under.leaseMs + 50);
      expect(await seen()).toEqual({ one: 'free expired', two: 'free expired' });
    });

    it('renews a lease by a heartbeat, and answers it with all that live', async () => {
      await registry.join(node('one'), null);
      await registry.join(node('two'), null);
      await under.pass(under.leaseMs + 50);
      const { alive, nodes } = await registry.beat(node('one', { load: 7, draining: true }));
      expect(alive).toBe(true);
      expect(nodes.map(({ incarnation }) => incarnation).sort()).toEqual(['one', 'two']);
      expect(await seen()).toEqual({ one: 'free current', two: 'free expired' });
      await registry.beat(node('one'));
      const { nodes: later } = await registry.look();
      const one = later.find(({ incarnation }) => incarnation === 'one');
      expect(one).toMatchObject({ load: 0, draining: true }); // to its end
    });

    it('revives nobody: not by a heartbeat, and not by joining', async () => {
      await registry.join(node('one'), null);
      await registry.leave('one');
      expect(await registry.lives('one')).toBe(false);
      expect(await registry.beat(node('one'))).toEqual({ alive: false, nodes: [] });
      await expect(registry.join(node('one'), null)).rejects.toMatchObject({ code: 'store_unavailable' });
      expect(await registry.lives('one')).toBe(false);
      expect(await registry.lives('nobody')).toBe(false);
      expect(await registry.beat(node('nobody'))).toEqual({ alive: false, nodes: [] });
    });

    it('ends what a node was when it joins anew', async () => {
      await registry.join(node('one'), null);
      await registry.join(node('two'), 'one');
      expect([await registry.lives('one'), await registry.lives('two')]).toEqual([false, true]);
      expect(Object.keys(await seen())).toEqual(['two']);
      expect((await registry.nodes()).map(({ incarnation, live }) => [incarnation, live])).toEqual([
        ['two', true],
        ['one', false],
      ]);
    });

    it('buries those whose lock is free or whose lease has ended, once, and nobody else', async () => {
      await lock('held');
      await registry.join(node('expired'), null);
      await lock('expired');
      await under.pass(under.leaseMs + 50);
      await registry.join(node('held'), null);
      await registry.join(node('free'), null);
      const all = [...(await heard()), { incarnation: 'nobody', heardAt: 0 }];
      expect(all).toHaveLength(4);
      expect([...(await registry.bury(all))].sort()).toEqual(['expired', 'free']);
      expect(await registry.bury(all)).toEqual([]);
      expect(await registry.lives('held')).toBe(true);
    });

    it('buries nobody for a free lock who has sent a heartbeat meanwhile', async () => {
      await under.pass(under.leaseMs + 50);
      await registry.join(node('one'), null);
      const before = await heard();
      await under.pass(2);
      await registry.beat(node('one'));
      expect(await registry.bury(before)).toEqual([]);
      const since = await heard();
      expect(since[0]?.heardAt).toBeGreaterThan(before[0]?.heardAt ?? Infinity);
      expect(await heard()).toEqual(since);
      expect(await registry.bury(since)).toEqual(['one']);
    });

    it('buries nobody within a lease of its start', async () => {
      await registry.join(node('one'), null);
      await under.restart();
      expect((await registry.look()).databaseAgeMs).toBeLessThan(under.leaseMs);
      expect(await registry.bury(await heard())).toEqual([]);
      await under.pass(under.leaseMs + 50);
      expect(await registry.bury(await heard())).toEqual(['one']);
    });

    it('gives a lock to who takes it last', async () => {
      await registry.join(node('one'), null);
      const before = await lock('one');
      await lock('one');
      await expect.poll(() => before.held).toBe(false);
      expect(await seen()).toEqual({ one: 'held current' });
    });
  });
}
