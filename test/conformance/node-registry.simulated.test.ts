import { delay } from '../../src/clock.ts';
import { MemoryEventCore } from '../../src/store/memory-event-core.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
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
  let isOver = false;
  const passing = (async () => {
    while (!isOver) await world.advance(1);
  })();
  return {
    registry: database.registry(process),
    leaseMs,
    pass: (ms) => delay(world, ms),
    async restart() {
      database.stop();
      database.start();
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      await passing;
    },
  };
});
