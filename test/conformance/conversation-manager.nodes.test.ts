import { MemoryEventCore } from '../../src/store/memory-event-core.ts';
import { MemoryEventStore } from '../../src/store/memory-event-store.ts';
import { MemoryCluster } from '../fixtures/memory-cluster.ts';
import { twoNodes } from './cluster-harness.ts';
import { conversationManagerConformance } from './conversation-manager.ts';

conversationManagerConformance(
  'two nodes, in memory',
  twoNodes(async ({ clock }) => {
    const core = new MemoryEventCore();
    const cluster = new MemoryCluster(clock);
    return {
      async node() {
        const store = new MemoryEventStore(core);
        await store.open();
        const [membership, presence] = [cluster.membership(), cluster.presence()];
        return {
          store,
          bus: cluster.bus(),
          membership,
          presence,
          async die() {
            cluster.die(membership.incarnation);
            await presence[Symbol.asyncDispose]();
          },
          close: () => store[Symbol.asyncDispose](),
        };
      },
      async [Symbol.asyncDispose]() {},
    };
  }),
);
