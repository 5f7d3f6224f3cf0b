/**
 * What it costs to be served by a node that does not own the conversation: turns, and events that appear while another
 * client speaks; also with Redis down, when nothing tells that node but its own look at the log.
 */
import { randomFrom, sentence } from '../events.ts';
import { interleaved, median, percentile } from '../measure.ts';
import type { Row } from '../rows/row.ts';

const content = sentence(randomFrom(3), 20);
/** While Redis is down, events come at any time between two looks, so far apart at most. */
const SPREAD_MS = 1_000;

export const remoteTurn: Row = {
  name: 'turn',
  async measure(bench) {
    const [{ left, right }, clients] = await Promise.all([bench.cluster(), bench.clients()]);
    const { rounds, trips: times } = bench.sizes;
    const [atOwner, elsewhere] = [await left.api.create(), await left.api.create()];
    const local = await clients.call('open', { url: left.url, sid: atOwner });
    const remote = await clients.call('open', { url: right.url, sid: elsewhere });
    const samples = await interleaved(rounds, {
      owner: () => clients.call('answered', { client: local, times, content }),
      other: () => clients.call('answered', { client: remote, times, content }),
    });
    for (const client of [local, remote]) await clients.call('close', client);
    return [
      {
        what: "turn through a node that does not own, p50 (yardstick: the owner's)",
        unit: 'ms',
        ours: median(samples.other),
        yardstick: median(samples.owner),
        target: { of: 'difference', atMost: 3 },
        n: samples.other.length,
        details: { p99: percentile(samples.other, 99), ownerP99: percentile(samples.owner, 99) },
      },
    ];
  },
};

export const liveEvent: Row = {
  name: 'live',
  async measure(bench) {
    const [cluster, clients] = await Promise.all([bench.cluster(), bench.clients()]);
    const { left, right } = cluster;
    const { rounds, trips, withoutRedis } = bench.sizes;
    // Its agent is busy: what is said is stored, and nobody reacts to it.
    const sid = await cluster.working(left, ['sleep 100']);
    const local = await clients.call('open', { url: left.url, sid });
    const remote = await clients.call('open', { url: right.url, sid });
    const ways = { from: local, at: [local, remote] as const, content };
    await clients.call('arrivals', { ...ways, times: trips, spreadMs: 0 }); // it warms up
    const [owner, other] = await clients.call('arrivals', { ...ways, times: rounds * trips, spreadMs: 0 });
    await cluster.cluster.redis.stop();
    const [, alone] = await clients.call('arrivals', { ...ways, times: withoutRedis, spreadMs: SPREAD_MS });
    await cluster.cluster.redis.start();
    for (const client of [local, remote]) await clients.call('close', client);
    await cluster.close(sid);
    return [
      {
        what: "live event on another node, append to client, p50 (yardstick: the owner's)",
        unit: 'ms',
        ours: median(other),
        yardstick: median(owner),
        target: { of: 'difference', atMost: 3 },
        n: other.length,
        details: { p99: percentile(other, 99), ownerP99: percentile(owner, 99) },
      },
      {
        what: 'the same with Redis down, p50',
        unit: 'ms',
        ours: median(alone),
        yardstick: null,
        target: { of: 'value', atMost: 1_200 },
        n: alone.length,
        details: { samples: alone },
        note: `max ${Math.max(...alone).toFixed(0)} ms`,
      },
    ];
  },
};
