/** A process that is killed: its timers do not fire any more, and its store does not answer any more. */
import type { Clock } from '../../src/clock.ts';
import type { ManagerOptions } from '../../src/manager/manager-options.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import type { ManagerSetup } from './conversation-manager.ts';

/** What a manager under test is made with, in whatever mode, beside its ports. */
export function optionsUnder(setup: ManagerSetup, life: Life): ManagerOptions {
  return {
    agents: setup.agents,
    llms: setup.llms,
    sealingKey: new Uint8Array(32).fill(7),
    defaults: { maxIterations: 100, maxBudget: null, confirmationMode: false },
    maxConversationsPerUser: setup.maxConversationsPerUser,
    closeDelayMs: setup.closeDelayMs,
    drainGraceMs: setup.drainGraceMs,
    reconcileMs: 500,
    onError: (error, what) => {
      if (!life.isOver) setup.onError(error, what);
    },
  };
}

/** The life of one process. */
export class Life {
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
  store(store: EventStore, { onAppend }: Pick<ManagerSetup, 'onAppend'>): EventStore {
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
