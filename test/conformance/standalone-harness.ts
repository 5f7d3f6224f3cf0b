/** `StandaloneConversationManager` under the suite of `ConversationManager`, on any store. */
import { StandaloneConversationManager } from '../../src/manager/standalone-manager.ts';
import type { CreateManager, ManagerNodes } from './conversation-manager.ts';
import type { CreateStore } from './event-store-fixtures.ts';
import { Life, optionsUnder } from './process-life.ts';

export function standalone(createStore: CreateStore): CreateManager {
  return async (setup) => {
    const under = await createStore();
    let { store } = under;
    let life = new Life();

    const start = async (): Promise<ManagerNodes> => {
      life = new Life();
      const clock = life.clock(setup.clock);
      const manager = new StandaloneConversationManager({
        clock,
        runtimes: setup.runtimes(clock),
        store: life.store(store, setup),
        ...optionsUnder(setup, life),
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
