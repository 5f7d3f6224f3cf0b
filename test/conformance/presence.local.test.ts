import { LocalPresence } from '../../src/cluster/presence.ts';
import { presenceConformance } from './presence.ts';

presenceConformance('of a single process', async () => {
  const presence = new LocalPresence();
  await presence.start();
  return { one: presence, other: presence, close: () => presence[Symbol.asyncDispose]() };
});
