import { afterAll, beforeAll, expect } from 'vitest';
import { RedisServer } from '../../scripts/servers/redis.ts';
import { systemClock } from '../../src/clock.ts';
import type { Membership } from '../../src/cluster/membership.ts';
import { RedisPresence } from '../../src/cluster/redis-presence.ts';
import { MemoryCluster } from '../fixtures/memory-cluster.ts';
import { presenceConformance } from './presence.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server?.[Symbol.asyncDispose]());

presenceConformance('Redis', async () => {
  const clusterId = systemClock.id();
  const cluster = new MemoryCluster(systemClock);
  const warnings: string[] = [];
  const open = async (membership: Membership): Promise<RedisPresence> => {
    await membership.start({ load: () => 0, lost: async () => {}, rejoined: () => {}, died: () => {} });
    const presence = new RedisPresence({
      url: server.url,
      clusterId,
      membership,
      clock: systemClock,
      onWarning: (warning) => warnings.push(warning),
    });
    await presence.start();
    return presence;
  };
  const [one, other] = await Promise.all([open(cluster.membership()), open(cluster.membership())]);
  return {
    one,
    other,
    async close() {
      await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
      expect(warnings).toEqual([]);
    },
  };
});
