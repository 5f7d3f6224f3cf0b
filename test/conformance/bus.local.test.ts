import { LocalBus } from '../../src/cluster/bus.ts';
import { busConformance } from './bus.ts';

busConformance('of a single process', async () => {
  const bus = new LocalBus();
  return { one: bus, other: bus, close: () => bus[Symbol.asyncDispose]() };
});
