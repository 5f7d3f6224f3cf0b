import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { RedisServer } from '../../scripts/servers/redis.ts';
import { listenAt, Recorder } from '../../test/conformance/bus.ts';
import { anyEvent, message, noon } from '../../test/conformance/event-store-fixtures.ts';
import { Link } from '../../test/fixtures/link.ts';
import { systemClock } from '../clock.ts';
import { decodeEvent, encodeEvent } from '../store/event-row.ts';
import { RedisBus } from './redis-bus.ts';

const soon = { timeout: 10_000, interval: 10 };

describe('the bus over Redis', () => {
  let server: RedisServer;
  let clusterId: string;
  let buses: RedisBus[];
  let warnings: string[];

  const open = async (url = server.url): Promise<RedisBus> => {
    const bus = new RedisBus({
      url,
      clusterId,
      clock: systemClock,
      onWarning: (warning) => warnings.push(warning),
    });
    buses.push(bus);
    await bus.start();
    return bus;
  };
  const ask = async (...command: string[]): Promise<unknown> => {
    const client = createClient({ url: server.url });
    client.on('error', () => {}); // the command fails too
    await client.connect();
    try {
      return await client.sendCommand(command);
    } finally {
      client.destroy();
    }
  };
  const channelsOf = async (): Promise<unknown> => ask('PUBSUB', 'CHANNELS', `convene:${clusterId}:c:*`);

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  beforeEach(() => {
    clusterId = systemClock.id();
    buses = [];
    warnings = [];
  });
  afterEach(async () => {
    await Promise.all(buses.map((bus) => bus[Symbol.asyncDispose]()));
  });

  it('tells a listener of its own node once, though Redis brings the message back', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    const own = await listenAt(one, other, 'a');
    const far = await listenAt(other, one, 'a');
    one.publish({ sid: 'a', id: 1 });
    await vi.waitFor(() => expect(far.hints).toHaveLength(1), soon);
    other.publish({ sid: 'a', id: 2 }); // comes behind what came back
    await vi.waitFor(() => expect(own.hints).toContainEqual({ sid: 'a', id: 2 }), soon);
    expect(own.hints).toEqual([
      { sid: 'a', id: 1 },
      { sid: 'a', id: 2 },
    ]);
  });

  it('carries events as the store gives them, and of large ones only how far the log has grown', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    const heard = await listenAt(other, one, 'a');
    const events = [
      message('one'),
      message('\ud800 \u0000 "two"', 'agent'),
      anyEvent({ action: 'of another version', args: { deep: [null, 1.5, { __proto__: 1 }] } }),
      message('x'.repeat(40_000)),
    ].map((event, id) => decodeEvent({ ...encodeEvent(event), id, at: noon }));
    one.publish({ sid: 'a', id: 2, events: events.slice(0, 3) });
    one.publish({ sid: 'a', id: 3, events: events.slice(3) });
    await vi.waitFor(() => expect(heard.hints).toHaveLength(2), soon);
    expect(heard.hints).toStrictEqual([
      { sid: 'a', id: 2, events: events.slice(0, 3) },
      { sid: 'a', id: 3 },
    ]);
  });

  it('is subscribed to a conversation only while somebody listens here', async () => {
    const bus = await open();
    const leave = [bus.listen('a', new Recorder()), bus.listen('a', new Recorder())];
    await vi.waitFor(async () => expect(await channelsOf()).toEqual([`convene:${clusterId}:c:a`]), soon);
    leave[0]?.();
    leave[0]?.();
    bus.listen('b', new Recorder())();
    bus.listen('c', new Recorder());
    await vi.waitFor(async () => expect(await channelsOf()).toHaveLength(2), soon);
    leave[1]?.();
    await vi.waitFor(async () => expect(await channelsOf()).toEqual([`convene:${clusterId}:c:c`]), soon);
  });

  it('listens to thousands of conversations', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    const last = new Recorder();
    for (let count = 0; count < 5_000; count += 1) one.listen(`s${count}`, last);
    await vi.waitFor(async () => expect(await channelsOf()).toHaveLength(5_000), soon);
    for (let count = 0; count < 5_000; ) {
      for (const end = count + 500; count < end; count += 1) other.publish({ sid: `s${count}`, id: count });
      await vi.waitFor(() => expect(last.hints).toHaveLength(count), soon);
    }
    expect(warnings).toEqual([]);
  });

  it('hears nothing of another cluster', async () => {
    const one = await open();
    clusterId = systemClock.id();
    const [stranger, neighbour] = await Promise.all([open(), open()]);
    const heard = await listenAt(neighbour, stranger, 'a');
    one.publish({ sid: 'a', id: 1 });
    stranger.publish({ sid: 'a', id: 2 });
    await vi.waitFor(() => expect(heard.hints).not.toEqual([]), soon);
    expect(heard.hints).toEqual([{ sid: 'a', id: 2 }]);
  });

  it('drops what it can not read, says so once, and goes on', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    const heard = await listenAt(other, one, 'a');
    const sender = systemClock.id();
    const event = { id: 1, timestamp: 'now', source: 'user', message: '', action: 'message', args: {} };
    for (const text of [
      '',
      'nonsense',
      `${sender} {`,
      `${sender} null`,
      `${sender} {"id":-1}`,
      `${sender} {"id":"1"}`,
      `${sender} {"frame":{"type":"unheard of"}}`,
      ...[
        { id: 1.5 },
        { source: 'nobody' },
        { message: 3 },
        { cause: -1 },
        { args: 'none' },
        { timestamp: 0 },
      ].map((wrong) => `${sender} ${JSON.stringify({ id: 1, events: [{ ...event, ...wrong }] })}`),
    ]) {
      await ask('PUBLISH', `convene:${clusterId}:c:a`, text);
    }
    await ask('PUBLISH', `convene:${clusterId}:notes`, `${sender} {"type":"unheard of"}`);
    await ask(
      'PUBLISH',
      `convene:${clusterId}:c:a`,
      `${sender} ${JSON.stringify({ id: 1, events: [event] })}`,
    );
    await vi.waitFor(() => expect(heard.hints).toEqual([{ sid: 'a', id: 1, events: [event] }]), soon);
    expect(heard.frames).toEqual([]);
    expect(warnings.filter((warning) => warning.includes('can not be read'))).toHaveLength(2); // one for each node
  });

  it('survives a listener that fails', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    const heard = await listenAt(other, one, 'a');
    const leave = other.listen('a', {
      hint() {
        throw new Error('no');
      },
      frame() {},
    });
    one.publish({ sid: 'a', id: 1 });
    await vi.waitFor(() => expect(warnings).not.toEqual([]), soon);
    leave();
    one.publish({ sid: 'a', id: 2 });
    await vi.waitFor(() => expect(heard.hints).toContainEqual({ sid: 'a', id: 2 }), soon);
  });

  it('starts without Redis, and refuses what is no URL of Redis', async () => {
    const server = await RedisServer.start();
    await server.stop();
    const one = await open(server.url);
    const local = new Recorder();
    one.listen('a', local);
    one.publish({ sid: 'a', id: 1 });
    expect(local.hints).toHaveLength(1);
    await server.start();
    const other = await open(server.url);
    await listenAt(one, other, 'a');
    await server[Symbol.asyncDispose]();
    await expect(open('http://localhost')).rejects.toMatchObject({ code: 'invalid_config' });
    await expect(open('nonsense')).rejects.toMatchObject({ code: 'invalid_config' });
  });

  it('drops what is published while Redis is stopped, and hears again after it has started', async () => {
    await using server = await RedisServer.start();
    const [one, other] = await Promise.all([open(server.url), open(server.url)]);
    const heard = await listenAt(other, one, 'a');
    await server.stop();
    await vi.waitFor(() => expect(warnings).toHaveLength(2), soon);
    one.publish({ sid: 'a', id: 1 });
    const later = other.listen('b', heard); // and what changes meanwhile counts
    later();
    other.listen('c', heard);
    await server.start();
    await vi.waitFor(() => {
      one.publish({ sid: 'c', id: 2 });
      expect(heard.hints).toContainEqual({ sid: 'c', id: 2 });
    }, soon);
    await listenAt(other, one, 'a');
    expect(heard.hints).not.toContainEqual({ sid: 'a', id: 1 });
    expect(warnings).toHaveLength(4);
    expect(warnings.filter((warning) => warning.includes('is away'))).toHaveLength(2);
    expect(warnings.filter((warning) => warning.includes('is back'))).toHaveLength(2);
  });

  it('waits for nobody while Redis is paused, keeps a bounded part of it, and recovers', async () => {
    await using server = await RedisServer.start();
    const [one, other] = await Promise.all([open(server.url), open(server.url)]);
    const heard = await listenAt(other, one, 'a');
    server.pause();
    const text = 'x'.repeat(20_000);
    const began = systemClock.monotonic();
    for (let id = 0; id < 2_000; id += 1) one.publishFrame('a', { type: 'delta', kind: 'output', text });
    expect(systemClock.monotonic() - began).toBeLessThan(1_500);
    expect(warnings).toEqual(['Redis takes messages too slowly: some are lost.']);
    await vi.waitFor(() => expect(warnings).toHaveLength(3), soon); // both nodes have noticed
    server.resume();
    await vi.waitFor(() => {
      one.publish({ sid: 'a', id: 7 });
      expect(heard.hints).toContainEqual({ sid: 'a', id: 7 });
    }, soon);
  });

  it('notices that it is cut off though its connection stays', async () => {
    await using link = await Link.to(server.url);
    const [one, other] = await Promise.all([open(link.url), open()]);
    const heard = await listenAt(one, other, 'a');
    link.hold();
    await vi.waitFor(() => expect(warnings).toHaveLength(1), soon);
    link.restore();
    await vi.waitFor(() => {
      other.publish({ sid: 'a', id: 7 });
      expect(heard.hints).toContainEqual({ sid: 'a', id: 7 });
    }, soon);
    await one[Symbol.asyncDispose]();
  });

  it('ends at once, also while it can not connect', async () => {
    await using link = await Link.to(server.url);
    const bus = await open(link.url);
    link.hold();
    await vi.waitFor(() => expect(warnings).toHaveLength(1), soon);
    const began = systemClock.monotonic();
    await bus[Symbol.asyncDispose]();
    expect(systemClock.monotonic() - began).toBeLessThan(1_000);
    await bus[Symbol.asyncDispose]();
  });
});
