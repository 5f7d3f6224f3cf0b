import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { MemoryEventCore } from '../../src/store/memory-event-core.ts';
import { noFaults } from '../simulation/faults.ts';
import { History } from '../simulation/history.ts';
import { SimDatabase } from '../simulation/sim-database.ts';
import { SimProcess } from '../simulation/sim-process.ts';
import { nodeRegistryConformance } from './node-registry.ts';

const leaseMs = 1_000;

nodeRegistryConformance('in a simulation', async () => {
  const world = new VirtualClock();
  const database = new SimDatabase(world, leaseMs, { asked: () => {}, buried: () => {} });
  const process = new SimProcess(world, new History(new MemoryEventCore()), noFaults);
  return {
    registry: database.registry(process),
    leaseMs,
    pass: (ms) => world.advance(ms),
    async restart() {
      database.stop();
      database.start();
    },
  };
});
