import { MemoryEventCore } from '../../src/store/memory-event-core.ts';
import { MemoryEventStore } from '../../src/store/memory-event-store.ts';
import { sharedEventStoreConformance } from './event-store.ts';

sharedEventStoreConformance('memory', async () => {
  const core = new MemoryEventCore();
  const open = async () => {
    const store = new MemoryEventStore(core);
    await store.open();
    return store;
  };
  let store = await open();
  return {
    store,
    async reopen() {
      await store[Symbol.asyncDispose]();
      store = await open();
      return store;
    },
    another: open,
    close: () => store[Symbol.asyncDispose](),
  };
});
