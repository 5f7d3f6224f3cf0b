/**
 * What only a clock that stands still shows: what is done at once, and what is found again by looking now and then. All
 * else of the manager is in `test/conformance/conversation-manager.ts`.
 */
import { describe, expect, it } from 'vitest';
import { message } from '../../test/fixtures/event-log.ts';
import { ConveneError, isError } from '../errors.ts';
import { MemoryRuntimeProvider } from '../runtime/memory-runtime.ts';
import type { ClaimResult, ConversationRecord } from '../store/event-store.ts';
import { MemoryEventStore } from '../store/memory-event-store.ts';
import { defaultSettings } from '../store/settings.ts';
import { memoryManager } from '../testing/memory-manager.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { ManagerOptions } from './manager-options.ts';
import type { StandaloneConversationManager } from './standalone-manager.ts';

class Store extends MemoryEventStore {
  isAway = false;
  /** Called before ownership of a conversation is given up. */
  onRelease: (() => Promise<void>) | null = null;

  override async claim(sid: string, incarnation: string, dead?: readonly string[]): Promise<ClaimResult> {
    if (this.isAway) throw new ConveneError('store_unavailable');
    return super.claim(sid, incarnation, dead);
  }

  override async due(query: { living: readonly string[]; limit: number }): Promise<ConversationRecord[]> {
    if (this.isAway) throw new ConveneError('store_unavailable');
    return super.due(query);
  }

  override async release(sid: string, epoch: number): Promise<boolean> {
    await this.onRelease?.();
    return super.release(sid, epoch);
  }
}

const RECONCILE_MS = 5_000;

class World {
  #manager: StandaloneConversationManager | null = null;
  readonly clock = new VirtualClock();
  readonly store = new Store();
  readonly errors: unknown[] = [];
  /** The command `sleep` takes an hour, all others end at once. */
  readonly runtimes = new MemoryRuntimeProvider({
    clock: this.clock,
    script: ({ args }) => ({ afterMs: 'command' in args && args.command === 'sleep' ? 3_600_000 : 0 }),
  });

  async open(options: Partial<ManagerOptions> = {}): Promise<StandaloneConversationManager> {
    await this.store.open();
    const { clock, errors, runtimes, store } = this;
    this.#manager = await memoryManager({
      clock,
      store,
      runtimes,
      reconcileMs: RECONCILE_MS,
      onError: (error) => errors.push(error),
      ...options,
    });
    return this.#manager;
  }

  /** All that can happen without time happens. */
  settle(): Promise<void> {
    return this.clock.advance(0);
  }

  /** A conversation that should run and that no process knows of. */
  async stored(sid: string, desired: 'running' | 'waiting'): Promise<void> {
    await this.store.append({
      sid,
      events: [message('$ ls')],
      at: this.clock.now(),
      writer: 'user:',
      create: { userId: '', title: '' },
      set: { desired, due: true },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ending = this.#manager?.[Symbol.asyncDispose]();
    await this.clock.advance(10_000);
    await ending;
  }

  /** Whether `ls` was carried out there. */
  didList(sid: string): boolean {
    return this.runtimes.executed.some(
      (one) => one.sid === sid && one.action.action === 'run' && one.action.args.command === 'ls',
    );
  }
}

describe('a place that becomes free', () => {
  async function fill(world: World) {
    const manager = await world.open({ maxConversationsPerUser: 1 });
    await manager.maybeStartAgentLoop('working', null, '', { content: '$ sleep' });
    await manager.maybeStartAgentLoop('waiting', null, '', { content: '$ ls' });
    await world.settle();
    expect((await manager.getConversation('waiting'))?.desired).toBe('waiting');
    return manager;
  }

  it.each<[string, (manager: StandaloneConversationManager) => Promise<unknown>]>([
    ['a close', (manager) => manager.closeSession('working')],
    ['a deletion', (manager) => manager.deleteConversation('working')],
  ])('by %s is given at once to whoever waits', async (_what, free) => {
    await using world = new World();
    const manager = await fill(world);
    const freeing = free(manager);
    await world.settle();
    await freeing;
    expect(world.didList('waiting')).toBe(true);
  });

  it('is given by whoever starts, where it became free while nobody was there', async () => {
    await using world = new World();
    await world.store.open();
    await world.stored('waiting', 'waiting');
    await world.open({ maxConversationsPerUser: 1 });
    await world.settle();
    expect(world.didList('waiting')).toBe(true);
  });

  it('is found sooner or later, however it became free', async () => {
    await using world = new World();
    await fill(world);
    await world.store.remove('working');
    await world.clock.advance(RECONCILE_MS);
    expect(world.didList('waiting')).toBe(true);
  });
});

describe('what should run', () => {
  it('runs when the manager has started', async () => {
    await using world = new World();
    await world.store.open();
    for (let count = 0; count < 40; count += 1) await world.stored(`c${count}`, 'running');
    const manager = await world.open();
    await world.settle();
    expect((await manager.getRunningAgentLoops()).size).toBe(40);
  });

  it('is found sooner or later, whoever stored it', async () => {
    await using world = new World();
    await world.open();
    await world.stored('a', 'running');
    await world.clock.advance(RECONCILE_MS);
    expect(world.didList('a')).toBe(true);
  });

  it('is started again where its start has failed, and each failure is reported', async () => {
    await using world = new World();
    const manager = await world.open();
    world.store.isAway = true;
    const starting = manager.maybeStartAgentLoop('a', null, '', { content: '$ ls' });
    await expect(starting).rejects.toSatisfy((error) => isError(error, 'store_unavailable'));
    await world.clock.advance(RECONCILE_MS * 2);
    expect(world.errors.length).toBeGreaterThan(0);
    expect(world.errors.every((error) => isError(error, 'store_unavailable'))).toBe(true);
    world.store.isAway = false;
    await world.clock.advance(RECONCILE_MS);
    expect(world.didList('a')).toBe(true);
  });

  it('runs again at once where a user acts while its loop ends', async () => {
    await using world = new World();
    const manager = await world.open();
    await manager.maybeStartAgentLoop('a', null, '', { content: 'Hello.' });
    await world.settle();
    world.store.onRelease = async () => {
      world.store.onRelease = null;
      await manager.sendEventToConversation('a', { action: 'message', args: { content: '$ ls' } });
    };
    const closing = manager.closeSession('a');
    await world.settle();
    await closing;
    expect(world.didList('a')).toBe(true);
  });
});

describe('settings', () => {
  it.each(['stopped', 'waiting'] as const)(
    'that come with the message that starts a %s conversation keep their secrets out of it',
    async (state) => {
      await using world = new World();
      const manager = await world.open({ maxConversationsPerUser: 1 });
      if (state === 'waiting') await manager.maybeStartAgentLoop('working', null, '', { content: '$ sleep' });
      await manager.maybeStartAgentLoop('a', null, '', { content: 'Hello.' });
      await world.settle();
      if (state === 'stopped') {
        const closing = manager.closeSession('a');
        await world.settle();
        await closing;
      }
      expect((await manager.getConversation('a'))?.desired).toBe(state);
      const settings = { ...defaultSettings, llm_api_key: 'sk-0123456789' };
      const starting = manager.maybeStartAgentLoop('a', settings, '', { content: 'It is sk-0123456789.' });
      await world.settle();
      const { events } = await (await starting).events({ limit: 100 });
      expect(JSON.stringify(events)).toContain('It is [redacted].');
      expect(JSON.stringify(events)).not.toContain('sk-0123456789');
    },
  );
});

describe('the end', () => {
  it('is no failure, whatever was about to begin', async () => {
    await using world = new World();
    const manager = await world.open({ maxConversationsPerUser: 1, closeDelayMs: 1_000 });
    for (const sid of ['a', 'b', 'c']) {
      void manager.maybeStartAgentLoop(sid, null, '', { content: '$ sleep' }).catch(() => {});
    }
    await world.settle();
    await manager.sendEventToConversation('b', { action: 'message', args: { content: '$ ls' } });
    await world[Symbol.asyncDispose]();
    expect(world.errors).toEqual([]);
  });
});
