import { afterAll, beforeAll, expect } from 'vitest';
import { RedisServer } from '../../scripts/servers/redis.ts';
import { systemClock } from '../../src/clock.ts';
import { RedisBus } from '../../src/cluster/redis-bus.ts';
import { busConformance } from './bus.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server?.[Symbol.asyncDispose]());

busConformance('Redis', async () => {
  const clusterId = systemClock.id();
  const warnings: string[] = [];
  const open = async (): Promise<RedisBus> => {
    const bus = new RedisBus({
      url: server.url,
      clusterId,
      clock: systemClock,
      onWarning: (warning) => warnings.push(warning),
    });
    await bus.start();
    return bus;
  };
  const [one, other] = await Promise.all([open(), open()]);
  return {
    one,
    other,
    async close() {
      await Promise.all([one[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
      expect(warnings).toEqual([]);
    },
  };
});
