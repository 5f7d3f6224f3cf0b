import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { RedisServer } from '../../scripts/servers/redis.ts';
import { connection, idsOf } from '../../test/conformance/presence.ts';
import { Link } from '../../test/fixtures/link.ts';
import { MemoryCluster } from '../../test/fixtures/memory-cluster.ts';
import { systemClock } from '../clock.ts';
import { ConveneError } from '../errors.ts';
import type { Membership } from './membership.ts';
import { RedisPresence } from './redis-presence.ts';

const soon = { timeout: 10_000, interval: 20 };

/** A node with its own presence. */
interface Node {
  readonly membership: Membership;
  readonly presence: RedisPresence;
}

describe('presence in Redis', () => {
  let server: RedisServer;
  let clusterId: string;
  let cluster: MemoryCluster;
  let nodes: Node[];
  let warnings: string[];

  const open = async (url = server.url, membership = cluster.membership()): Promise<Node> => {
    const presence = new RedisPresence({
      url,
      clusterId,
      membership,
      clock: systemClock,
      onWarning: (warning) => warnings.push(warning),
      sweepEveryMs: 200,
    });
    nodes.push({ membership, presence });
    await membership.start({
      load: () => 0,
      lost: async () => {},
      rejoined: () => {
        void presence.renew();
      },
      died: () => {},
    });
    await presence.start();
    return { membership, presence };
  };
  const keysOf = async (url = server.url): Promise<string[]> => {
    const client = createClient({ url });
    client.on('error', () => {}); // the command fails too
    await client.connect();
    try {
      return (await client.keys(`convene:${clusterId}:*`))
        .map((key) => key.split(':').slice(2).join(':'))
        .sort();
    } finally {
      client.destroy();
    }
  };

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  beforeEach(() => {
    clusterId = systemClock.id();
    cluster = new MemoryCluster(systemClock);
    nodes = [];
    warnings = [];
  });
  afterEach(async () => {
    await Promise.all(nodes.map(({ presence }) => presence[Symbol.asyncDispose]()));
  });

  it('leaves nothing behind when its connections and nodes have left', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    await one.presence.join(connection('1', 'a'));
    await other.presence.join(connection('2', 'b'));
    await one.presence.leave('1');
    expect(await keysOf()).toEqual(
      [
        `n:${other.membership.incarnation}`,
        'nodes',
        `ready:${one.membership.incarnation}`,
        `ready:${other.membership.incarnation}`,
        's:b',
        'u:ann',
      ].sort(),
    );
    await one.presence[Symbol.asyncDispose]();
    await other.presence[Symbol.asyncDispose]();
    expect(await keysOf()).toEqual([]);
  });

  it('forgets the connections of a node with the node, and sweeps them away', async () => {
    const one = await open();
    const url = await Link.to(server.url);
    const other = await open(url.url);
    await one.presence.join(connection('1', 'a'));
    await other.presence.join(connection('2', 'a'));
    await other.presence.join(connection('3', 'b', 'bob'));
    url.cut(); // it is killed
    cluster.die(other.membership.incarnation);
    expect(await idsOf(one.presence, {})).toEqual(['1']);
    expect(await idsOf(one.presence, { sids: ['a', 'b'] })).toEqual(['1']);
    expect(await idsOf(one.presence, { userId: 'bob' })).toEqual([]);
    expect(await one.presence.viewers('a')).toBe(1);
    expect(await one.presence.viewers('b')).toBe(0);
    await vi.waitFor(async () => {
      const keys = await keysOf();
      expect(keys).not.toContain('s:b');
      expect(keys).not.toContain(`n:${other.membership.incarnation}`);
    }, soon);
    expect(await one.presence.viewers('a')).toBe(1);
    await url[Symbol.asyncDispose]();
  });

  it('does not know whether nobody watches where a node has a connection that may live', async () => {
    const one = await open();
    const newcomer = cluster.membership();
    const other = await open(server.url, newcomer);
    await other.presence.join(connection('2', 'a'));
    let dead: () => Promise<boolean> = async () => false;
    const { incarnation } = one.membership;
    const blind = new RedisPresence({
      url: server.url,
      clusterId,
      membership: { incarnation, living: () => [incarnation], isDead: () => dead() },
      clock: systemClock,
      onWarning: (warning) => warnings.push(warning),
    });
    await blind.start();
    expect(await blind.viewers('a')).toBe(null);
    dead = () => Promise.reject(new ConveneError('store_unavailable'));
    expect(await blind.viewers('a')).toBe(null);
    dead = async () => true;
    expect(await blind.viewers('a')).toBe(0);
    expect(await blind.viewers('b')).toBe(0);
    await blind[Symbol.asyncDispose]();
  });

  it('tells all connections anew under another incarnation', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    for (let count = 0; count < 1_200; count += 1) await other.presence.join(connection(`${count}`, 'a'));
    const before = other.membership.incarnation;
    await cluster.suspect(other.membership);
    await other.presence.renew();
    expect(other.membership.incarnation).not.toBe(before);
    expect(await one.presence.viewers('a')).toBe(1_200);
    await other.presence.leave('7');
    await vi.waitFor(async () => expect(await keysOf()).not.toContain(`n:${before}`), soon);
    expect(await one.presence.viewers('a')).toBe(1_199);
  });

  it('does not know how many watch after a flush, until all living nodes have told anew', async () => {
    await using server = await RedisServer.start();
    await using link = await Link.to(server.url);
    const one = await open(server.url);
    const other = await open(link.url);
    await one.presence.join(connection('1', 'a'));
    await other.presence.join(connection('2', 'a'));
    expect(await one.presence.viewers('b')).toBe(0);
    link.hold(); // it can't tell anything anew
    await server.flush();
    expect(await one.presence.viewers('a')).toBe(null);
    expect(await one.presence.viewers('b')).toBe(null);
    expect(await idsOf(one.presence, {})).toEqual(['1']);
    const marker = `ready:${one.membership.incarnation}`;
    await vi.waitFor(async () => expect(await keysOf(server.url)).toContain(marker), soon);
    expect(await one.presence.viewers('a')).toBe(null);
    link.restore();
    await vi.waitFor(async () => expect(await one.presence.viewers('a')).toBe(2), soon);
    expect(await one.presence.viewers('b')).toBe(0);
    expect(await idsOf(one.presence, {})).toEqual(['1', '2']);
    await Promise.all([one, other].map(({ presence }) => presence[Symbol.asyncDispose]()));
  });

  it('does not know how many watch while a living node is cut off from Redis, and learns what it missed', async () => {
    await using link = await Link.to(server.url);
    const one = await open();
    const other = await open(link.url);
    await other.presence.join(connection('2', 'a'));
    await other.presence.join(connection('3', 'a'));
    link.cut();
    await vi.waitFor(() => expect(warnings).toHaveLength(1), soon);
    await other.presence.join(connection('4', 'b'));
    await other.presence.join(connection('3', 'c'));
    await other.presence.leave('2');
    expect(await idsOf(other.presence, {})).toEqual(['3', '4']);
    expect(await other.presence.viewers('b')).toBe(null);
    await vi.waitFor(async () => expect(await one.presence.viewers('b')).toBe(null), soon);
    link.restore();
    await vi.waitFor(async () => expect(await one.presence.viewers('b')).toBe(1), soon);
    expect(await one.presence.viewers('a')).toBe(0);
    expect(await one.presence.viewers('c')).toBe(1);
    expect(await idsOf(one.presence, { userId: 'ann' })).toEqual(['3', '4']);
    await other.presence[Symbol.asyncDispose]();
  });

  it('heals what Redis has lost or kept against its word', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    await other.presence.join(connection('2', 'a'));
    const client = createClient({ url: server.url });
    client.on('error', () => {}); // its commands fail too
    await client.connect();
    const key = (name: string): string => `convene:${clusterId}:${name}`;
    const { incarnation } = other.membership;
    await client.hSet(key('s:b'), 'ghost', `${incarnation} ann`);
    await client.hSet(key('u:ann'), 'ghost', `${incarnation} b`);
    await client.hSet(key(`n:${incarnation}`), 'ghost', '["b","ann"]');
    expect(await one.presence.viewers('b')).toBe(1);
    await vi.waitFor(async () => expect(await one.presence.viewers('b')).toBe(0), soon);
    await client.del([key('s:a'), key('u:ann'), key(`n:${incarnation}`)]);
    await vi.waitFor(async () => expect(await one.presence.viewers('a')).toBe(1), soon);
    expect(await idsOf(one.presence, { userId: 'ann' })).toEqual(['2']);
    client.destroy();
  });

  it('answers its own connections while Redis is stopped or paused, keeps nobody waiting, and recovers', async () => {
    await using server = await RedisServer.start();
    const [one, other] = await Promise.all([open(server.url), open(server.url)]);
    await one.presence.join(connection('1', 'a'));
    await other.presence.join(connection('2', 'a'));
    const awayAnd = async (id: string): Promise<void> => {
      const began = systemClock.monotonic();
      await one.presence.join(connection(id, 'a'));
      expect(await idsOf(one.presence, { userId: 'ann' })).toContain(id);
      expect(await idsOf(one.presence, { sids: ['a'] })).not.toContain('2');
      expect(await one.presence.viewers('a')).toBe(null);
      await one.presence.leave('1');
      expect(systemClock.monotonic() - began).toBeLessThan(3_000);
    };
    await server.stop();
    await awayAnd('3');
    await server.start();
    await vi.waitFor(async () => expect(await other.presence.viewers('a')).toBe(2), soon);
    expect(await idsOf(other.presence, {})).toEqual(['2', '3']);
    server.pause();
    await awayAnd('4');
    server.resume();
    await vi.waitFor(async () => expect(await idsOf(other.presence, {})).toEqual(['2', '3', '4']), soon);
    await vi.waitFor(async () => expect(await one.presence.viewers('a')).toBe(3), soon);
    await Promise.all([one, other].map(({ presence }) => presence[Symbol.asyncDispose]()));
  });

  it('starts without Redis, and refuses what is no URL of Redis', async () => {
    await using server = await RedisServer.start();
    await server.stop();
    const one = await open(server.url);
    await one.presence.join(connection('1', 'a'));
    expect(await idsOf(one.presence, {})).toEqual(['1']);
    expect(await one.presence.viewers('a')).toBe(null);
    await server.start();
    const other = await open(server.url);
    await vi.waitFor(async () => expect(await other.presence.viewers('a')).toBe(1), soon);
    await expect(open('http://localhost')).rejects.toMatchObject({ code: 'invalid_config' });
    await Promise.all([one, other].map(({ presence }) => presence[Symbol.asyncDispose]()));
  });

  it('answers for one user at the cost of the answer, with 10,000 connections', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    for (let count = 0; count < 10_000; ) {
      const joins: Promise<void>[] = [];
      for (; joins.length < 500; count += 1)
        joins.push(other.presence.join(connection(`${count}`, `s${count % 5_000}`, `u${count % 2_000}`)));
      await Promise.all(joins);
    }
    expect(await idsOf(one.presence, { userId: 'u7' })).toHaveLength(5);
    const times: number[] = [];
    for (let round = 0; round < 200; round += 1) {
      const began = systemClock.monotonic();
      await one.presence.connections({ userId: `u${round}` });
      await one.presence.viewers(`s${round}`);
      times.push(systemClock.monotonic() - began);
    }
    times.sort((left, right) => left - right);
    expect(times[100]).toBeLessThan(10);
    expect(await one.presence.connections({})).toHaveLength(10_000);
    expect(warnings).toEqual([]);
  });
});
