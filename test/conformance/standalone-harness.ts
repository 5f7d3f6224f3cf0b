/**
 * `StandaloneConversationManager` under the suite of `ConversationManager`, on any store. A process that is killed is
 * one whose timers do not fire any more and whose store does not answer any more.
 */
import type { Clock } from '../../src/clock.ts';
import { StandaloneConversationManager } from '../../src/manager/standalone-manager.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import type { CreateManager, ManagerNodes, ManagerSetup } from './conversation-manager.ts';
import type { CreateStore } from './event-store.ts';

export function standalone(createStore: CreateStore): CreateManager {
  return async (setup) => {
    const under = await createStore();
    let { store } = under;
    let life = new Life();

    const start = async (): Promise<ManagerNodes> => {
      life = new Life();
      const clock = life.clock(setup.clock);
      const manager = new StandaloneConversationManager({
        agents: setup.agents,
        llms: setup.llms,
        clock,
        runtimes: setup.runtimes(clock),
        store: life.store(store, setup),
        sealingKey: new Uint8Array(32).fill(7),
        defaults: { maxIterations: 100, maxBudget: null, confirmationMode: false },
        maxConversationsPerUser: setup.maxConversationsPerUser,
        closeDelayMs: setup.closeDelayMs,
        drainGraceMs: setup.drainGraceMs,
        reconcileMs: 500,
        onError: (error, what) => {
          if (!life.isOver) setup.onError(error, what);
        },
      });
      await manager.start();
      return { manager };
    };

    let nodes = await start();
    const stop = async (): Promise<void> => {
      if (!life.isOver) await nodes.manager[Symbol.asyncDispose]();
    };
    return {
      ...nodes,
      async restart() {
        await stop();
        if (under.reopen !== undefined) store = await under.reopen();
        nodes = await start();
        return nodes;
      },
      async crash() {
        life.isOver = true;
        nodes = await start();
        return nodes;
      },
      async close() {
        await stop();
        await under.close();
      },
    };
  };
}

/** The life of one process. */
class Life {
  isOver = false;

  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      id: () => clock.id(),
      after: (delayMs, task) =>
        clock.after(delayMs, () => {
          if (!this.isOver) task();
        }),
    };
  }

  /** The store as this process reaches it: what it has sent is carried out, but not answered after its death. */
  store(store: EventStore, { onAppend }: ManagerSetup): EventStore {
    const reach = async (call: () => unknown): Promise<unknown> => {
      if (this.isOver) return never;
      const answer = await call();
      return this.isOver ? never : answer;
    };
    const append: EventStore['append'] = async (request) => {
      const result = await store.append(request);
      onAppend(request, result);
      return result;
    };
    return new Proxy(store, {
      get(_, name) {
        const member: unknown = name === 'append' ? append : Reflect.get(store, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => reach(() => Reflect.apply(member, store, args));
      },
    });
  }
}

const never = new Promise<never>(() => {});
