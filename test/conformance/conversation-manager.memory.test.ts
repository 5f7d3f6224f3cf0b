import { MemoryEventCore } from '../../src/store/memory-event-core.ts';
import { MemoryEventStore } from '../../src/store/memory-event-store.ts';
import { conversationManagerConformance } from './conversation-manager.ts';
import { standalone } from './standalone-harness.ts';

conversationManagerConformance(
  'standalone, in memory',
  standalone(async () => {
    const core = new MemoryEventCore();
    let store = new MemoryEventStore(core);
    await store.open();
    return {
      store,
      async reopen() {
        await store[Symbol.asyncDispose]();
        store = new MemoryEventStore(core);
        await store.open();
        return store;
      },
      close: () => store[Symbol.asyncDispose](),
    };
  }),
);
