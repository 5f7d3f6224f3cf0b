/** Two nodes of one cluster under the suite of `ConversationManager`, on any store and any ports between them. */
import type { Bus } from '../../src/cluster/bus.ts';
import type { Membership } from '../../src/cluster/membership.ts';
import type { Presence } from '../../src/cluster/presence.ts';
import { CoreConversationManager } from '../../src/manager/core-manager.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import { MemoryFileStore } from '../../src/store/memory-file-store.ts';
import type { CreateManager, ManagerNodes, ManagerSetup } from './conversation-manager.ts';
import { Life, optionsUnder } from './process-life.ts';

/** What one node has of its cluster. */
export interface NodePorts {
  /** Open; each node's own where the cluster has more than one. */
  readonly store: EventStore;
  readonly bus: Bus;
  readonly membership: Membership;
  readonly presence: Presence;
  /** It is killed: the others learn of it as they would. */
  die(): Promise<void>;
  /** After its manager was disposed of. */
  close(): Promise<void>;
}

export interface ClusterUnderTest extends AsyncDisposable {
  node(setup: ManagerSetup): Promise<NodePorts>;
}

interface RunningNode {
  readonly manager: CoreConversationManager;
  readonly ports: NodePorts;
  readonly life: Life;
}

export function twoNodes(open: (setup: ManagerSetup) => Promise<ClusterUnderTest>): CreateManager {
  return async (setup) => {
    const cluster = await open(setup);
    const fileStore = new MemoryFileStore();
    let running: RunningNode[] = [];

    const startOne = async (): Promise<RunningNode> => {
      const life = new Life();
      const ports = await cluster.node(setup);
      const clock = life.clock(setup.clock);
      const manager = new CoreConversationManager(
        {
          ...ports,
          store: life.store(ports.store, setup),
          runtimes: setup.runtimes(clock),
          clock,
        },
        {
          fileStore,
          ...optionsUnder(setup, life),
        },
      );
      await manager.start();
      return { manager, ports, life };
    };

    const start = async (): Promise<ManagerNodes> => {
      running = [await startOne(), await startOne()];
      const [one, other] = running;
      if (one === undefined || other === undefined) throw new Error('There are no nodes.');
      return { manager: one.manager, otherManager: other.manager };
    };
    /** All at once: otherwise the one would take over what the other hands over. */
    const stop = async (): Promise<void> => {
      await Promise.all(
        running.map(async ({ life, manager, ports }) => {
          if (!life.isOver) await manager[Symbol.asyncDispose]();
          await ports.close();
        }),
      );
      running = [];
    };

    return {
      ...(await start()),
      async restart() {
        await stop();
        return start();
      },
      async crash() {
        for (const { life } of running) life.isOver = true;
        for (const { ports } of running) await ports.die();
        await stop();
        return start();
      },
      async close() {
        await stop();
        await cluster[Symbol.asyncDispose]();
      },
    };
  };
}
