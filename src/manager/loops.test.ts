import { describe, expect, it } from 'vitest';
import { message } from '../../test/fixtures/event-log.ts';
import { AgentLoop } from '../agent/agent-loop.ts';
import type { LoopEnd } from '../agent/loop-writer.ts';
import { LocalBus } from '../cluster/bus.ts';
import type { Membership } from '../cluster/membership.ts';
import { ConveneError, isError } from '../errors.ts';
import { redactor } from '../events/redaction.ts';
import { MemoryRuntimeProvider } from '../runtime/memory-runtime.ts';
import type { ClaimResult, ConversationRecord } from '../store/event-store.ts';
import { MemoryEventStore } from '../store/memory-event-store.ts';
import { EventStreams } from '../stream/event-streams.ts';
import { scriptedAgent } from '../testing/scripted-agent.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { Loops } from './loops.ts';

class Store extends MemoryEventStore {
  readonly claims: string[] = [];
  /** What happens to the next claims: they fail and do nothing, or are carried out and not answered. */
  trouble: 'none' | 'away' | 'unanswered' = 'none';
  gate: Promise<void> | null = null;

  override async claim(sid: string, incarnation: string, dead?: readonly string[]): Promise<ClaimResult> {
    this.claims.push(sid);
    await this.gate;
    if (this.trouble === 'away') throw new ConveneError('store_unavailable');
    const result = await super.claim(sid, incarnation, dead);
    if (this.trouble === 'unanswered') throw new ConveneError('outcome_unknown');
    return result;
  }
}

async function begin() {
  const clock = new VirtualClock();
  const store = new Store();
  await store.open();
  const bus = new LocalBus();
  const streams = new EventStreams({ store, bus, clock, redactor: () => redactor([]) });
  const runtimes = new MemoryRuntimeProvider({ clock });
  const dead = new Set<string>();
  const lease = { held: true };
  const membership: Membership = {
    incarnation: 'this node',
    start: async () => {},
    holdsLease: () => lease.held,
    mayAct: () => lease.held,
    isDead: async (incarnation) => dead.has(incarnation),
    living: () => ['this node'],
    willing: () => ['this node'],
    drain: async () => {},
    nodes: async () => [],
    [Symbol.asyncDispose]: async () => {},
  };
  const ends: [string, LoopEnd, boolean][] = [];
  let failing: Error | null = null;
  const agent = scriptedAgent([]);
  const loops: Loops = new Loops({
    store,
    membership,
    create(conversation: ConversationRecord) {
      if (failing !== null) throw failing;
      return new AgentLoop({
        conversation,
        agent,
        limits: { maxIterations: 100, maxBudget: null, confirmationMode: false, reactive: true },
        streams,
        membership,
        clock,
        openRuntime: () => runtimes.open(conversation.sid),
        onError: () => {},
      });
    },
    onClaim: () => {},
    onEnd: (loop, end) => ends.push([loop.sid, end, loops.has(loop.sid)]),
  });
  return {
    clock,
    dead,
    ends,
    lease,
    loops,
    store,
    settle: () => clock.advance(0),
    failWith: (error: Error | null) => {
      failing = error;
    },
    /** A conversation that should run. */
    async wanted(sid: string, userId = ''): Promise<void> {
      await store.append({
        sid,
        events: [message('go')],
        at: 0,
        writer: 'user:',
        create: { userId, title: '' },
        set: { desired: 'running', due: true },
      });
    },
  };
}

describe('a loop', () => {
  it('is started once, however many ask for it', async () => {
    const { loops, store, wanted } = await begin();
    await wanted('a');
    const all = await Promise.all(Array.from({ length: 50 }, () => loops.ensure('a')));
    expect(new Set(all).size).toBe(1);
    expect(await loops.ensure('a')).toBe(all[0]);
    expect(store.claims).toEqual(['a']);
    expect(all[0]?.epoch).toBe(1);
    expect(loops.size).toBe(1);
  });

  it('counts as there while it is being started', async () => {
    const { loops, wanted } = await begin();
    await wanted('a');
    const starting = loops.ensure('a');
    expect(loops.has('a')).toBe(true);
    expect(loops.get('a')).toBeUndefined();
    await starting;
    expect(loops.get('a')).toBeDefined();
  });

  it('is not there where there is no such conversation, or no loop is wanted', async () => {
    const { loops, store } = await begin();
    await store.append({ sid: 'a', events: [], at: 0, writer: '', create: { userId: '', title: '' } });
    expect(await loops.ensure('a')).toBeNull();
    expect(await loops.ensure('unknown')).toBeNull();
    expect(loops.has('a')).toBe(false);
    expect(loops.failed).toEqual([]);
  });

  it('of a living node is left to it', async () => {
    const { loops, store, wanted } = await begin();
    await wanted('a');
    await store.claim('a', 'another node');
    expect(await loops.ensure('a')).toBeNull();
    expect((await store.conversation('a'))?.owner).toBe('another node');
  });

  it('of a dead node is taken over, under a higher epoch', async () => {
    const { dead, loops, store, wanted } = await begin();
    await wanted('a');
    await store.claim('a', 'another node');
    dead.add('another node');
    expect((await loops.ensure('a'))?.epoch).toBe(2);
  });

  it('is not claimed by a node that may be taken for dead, which tries again when it has joined anew', async () => {
    const { lease, loops, store, wanted } = await begin();
    await wanted('a');
    lease.held = false;
    expect(await loops.ensure('a')).toBeNull();
    expect(store.claims).toEqual([]);
    expect(loops.failed).toEqual(['a']);
    lease.held = true;
    expect(await loops.ensure('a')).not.toBeNull();
    expect(loops.failed).toEqual([]);
  });

  it('of a dead node is left to whoever was quicker', async () => {
    const { dead, loops, store, wanted } = await begin();
    await wanted('a');
    await store.claim('a', 'another node');
    dead.add('another node');
    const claim = store.claim.bind(store);
    store.claim = async (sid, incarnation, deadOnes) => {
      if (deadOnes !== undefined) await claim(sid, 'a third node', deadOnes);
      return claim(sid, incarnation, deadOnes);
    };
    expect(await loops.ensure('a')).toBeNull();
  });
});

describe('loops', () => {
  it('are found by conversation and by user', async () => {
    const { loops, wanted } = await begin();
    await wanted('a', 'ann');
    await wanted('b', 'bob');
    await wanted('c', 'ann');
    for (const sid of ['a', 'b', 'c']) await loops.ensure(sid);
    const found = (...conditions: Parameters<Loops['select']>) =>
      loops.select(...conditions).map((loop) => loop.sid);
    expect(found('ann')).toEqual(['a', 'c']);
    expect(found('carl')).toEqual([]);
    expect(found('ann', new Set(['b', 'c', 'd']))).toEqual(['c']);
    expect(found(undefined, new Set(['b', 'c', 'd']))).toEqual(['b', 'c']);
    expect(found()).toEqual(['a', 'b', 'c']);
    expect([...loops.all()].map((loop) => loop.sid)).toEqual(['a', 'b', 'c']);
  });

  it('are not found any more when they have ended, and their end is told then', async () => {
    const { ends, loops, wanted } = await begin();
    await wanted('a', 'ann');
    const loop = await loops.ensure('a');
    await loop?.stop(0);
    expect(ends).toEqual([['a', 'released', false]]);
    expect(loops.size).toBe(0);
    expect(loops.select('ann')).toEqual([]);
  });

  it('start again when they are asked for after their end', async () => {
    const { loops, wanted } = await begin();
    await wanted('a');
    await (await loops.ensure('a'))?.stop(0);
    expect((await loops.ensure('a'))?.epoch).toBe(2);
  });
});

describe('a start that fails', () => {
  it.each(['away', 'unanswered'] as const)(
    'because the claim is %s is known until it is tried again',
    async (trouble) => {
      const { loops, store, wanted } = await begin();
      await wanted('a');
      store.trouble = trouble;
      const both = await Promise.allSettled([loops.ensure('a'), loops.ensure('a')]);
      expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(loops.failed).toEqual(['a']);
      expect(loops.has('a')).toBe(false);
      store.trouble = 'none';
      expect(await loops.ensure('a')).not.toBeNull();
      expect(loops.failed).toEqual([]);
    },
  );

  it('because the loop cannot be made is known too', async () => {
    const { failWith, loops, wanted } = await begin();
    await wanted('a');
    failWith(new Error('no such agent'));
    await expect(loops.ensure('a')).rejects.toThrow('no such agent');
    expect(loops.failed).toEqual(['a']);
    failWith(null);
    expect(await loops.ensure('a')).not.toBeNull();
  });

  it('is one also where a loop has ended because it failed', async () => {
    const { ends, loops, settle, store, wanted } = await begin();
    await wanted('a');
    store.loadSnapshot = () => Promise.reject(new Error('damaged'));
    await loops.ensure('a');
    await settle();
    expect(ends).toEqual([['a', 'failed', false]]);
    expect(loops.failed).toEqual(['a']);
  });

  it('is one also where a closed conversation could not be given up', async () => {
    const { clock, ends, loops, settle, store, wanted } = await begin();
    await wanted('a');
    const loop = await loops.ensure('a');
    await settle();
    store.release = () => Promise.reject(new ConveneError('store_unavailable'));
    void loop?.closeIfIdle();
    await clock.advance(5_000);
    expect(ends).toEqual([['a', 'closed', false]]);
    expect(loops.failed).toEqual(['a']);
  });

  it('is one also where the lease was away for a moment, and what it had could not be given up', async () => {
    const { clock, ends, loops, settle, store, wanted } = await begin();
    await wanted('a');
    const loop = await loops.ensure('a');
    await settle();
    store.release = () => Promise.reject(new ConveneError('store_unavailable'));
    loop?.abandon('lease lost');
    await clock.advance(5_000);
    expect(ends).toEqual([['a', 'lease lost', false]]);
    expect(loops.failed).toEqual(['a']);
  });
});

describe('draining', () => {
  it('starts nothing more', async () => {
    const { loops, store, wanted } = await begin();
    await wanted('a');
    await loops.drain();
    await expect(loops.ensure('a')).rejects.toSatisfy((error) => isError(error, 'draining'));
    expect(store.claims).toEqual([]);
  });

  it('waits for what is being started, and leaves what runs', async () => {
    const { loops, settle, store, wanted } = await begin();
    await wanted('a');
    await wanted('b');
    const running = await loops.ensure('a');
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    const starting = loops.ensure('b');
    let isDrained = false;
    const draining = loops.drain().then(() => {
      isDrained = true;
    });
    await settle();
    expect(isDrained).toBe(false);
    gate.resolve();
    await draining;
    expect(await starting).not.toBeNull();
    expect(await loops.ensure('a')).toBe(running);
    expect(loops.size).toBe(2);
  });
});
