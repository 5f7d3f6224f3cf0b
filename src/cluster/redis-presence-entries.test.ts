import { expect, it } from 'vitest';
import { RedisServer } from '../../scripts/servers/redis.ts';
import { connection } from '../../test/conformance/presence.ts';
import { systemClock } from '../clock.ts';
import { RedisPresenceEntries } from './redis-presence-entries.ts';

it('a node has told all only when it has come to the end, and Redis has lost nothing meanwhile', async () => {
  await using server = await RedisServer.start();
  await using entries = new RedisPresenceEntries({
    url: server.url,
    clusterId: 'cluster',
    clock: systemClock,
    onWarning: () => {},
  });
  await entries.start(() => {});
  const isComplete = async (): Promise<boolean | undefined> =>
    (await entries.viewers('a', ['one']))?.complete;
  expect(await isComplete()).toBe(false);
  await entries.beginTelling('one');
  await entries.put('one', [connection('1', 'a')]);
  expect(await isComplete()).toBe(false);
  await server.flush();
  await entries.put('one', [connection('2', 'a')]);
  await entries.endTelling('one');
  expect(await isComplete()).toBe(false);
  expect(await entries.keepReady('one')).toEqual({ ready: false, count: 1 });
  await entries.beginTelling('one');
  await entries.endTelling('one');
  expect(await isComplete()).toBe(true);
  expect(await entries.keepReady('one')).toEqual({ ready: true, count: 1 });
});
