/**
 * Live fan-out: events are appended by the server's own process, as an agent does, and each is durable before it goes
 * out; the yardstick emits the same payload to a room. Both are as far ahead of the slowest client as `AHEAD` says.
 */
import type { Bench } from '../bench.ts';
import type { Child } from '../child.ts';
import { randomFrom, sentence } from '../events.ts';
import { interleaved, median } from '../measure.ts';
import { agentNames } from '../processes/agents.ts';
import type { ClientsCalls } from '../processes/clients.ts';
import { rooms } from '../processes/rooms.ts';
import type { Result } from '../result.ts';
import type { Row } from './row.ts';

/** Deliveries: events times clients. */
const AHEAD = 8_000;
const SETTLE_MS = 500;

export const fanOut: Row = {
  name: 'fan-out',
  async measure(bench) {
    const results: Result[] = [];
    for (const count of bench.sizes.audiences) results.push(await measureWith(bench, count));
    return results;
  },
};

async function measureWith(bench: Bench, count: number): Promise<Result> {
  const [server, bare] = await Promise.all([bench.server(), bench.bare()]);
  const sid = `bench-fan-out-${count}`;
  await server.calls.call('begin', { sid, agent: agentNames.echo });
  const window = Math.max(4, Math.min(64, Math.round(AHEAD / count)));
  const step = window / 4;
  const events = Math.ceil(bench.sizes.deliveries / count / window) * window;
  const random = randomFrom(4);
  const contents = Array.from({ length: events }, () => sentence(random, 20));
  const rounds = Math.ceil(bench.sizes.rounds / 2);

  const publish = {
    ours: () => server.calls.call('publish', { sid, contents, window }),
    bare: () => bare.call('publish', { contents, window }),
  };
  const listeners = {
    ours: await listen(bench, { url: server.url, sid, count, step }, (have) =>
      server.calls.call('received', have),
    ),
    bare: await listen(bench, { url: await bare.call('url'), sid: rooms.broadcast, count, step }, (have) =>
      bare.call('received', have),
    ),
  };
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const rate = async (side: 'ours' | 'bare'): Promise<number[]> => {
    const { all } = await listeners[side].expect(events);
    const start = performance.now();
    await publish[side]();
    await all;
    return [(1000 * events) / (performance.now() - start)];
  };
  await bench.resetDelay(server);
  const samples = await interleaved(rounds, { ours: () => rate('ours'), bare: () => rate('bare') });
  await bench.noteDelay(server, `fan-out ${count}`);
  for (const { clients } of Object.values(listeners)) {
    await clients.call('hush', events);
    await clients[Symbol.asyncDispose]();
  }
  return {
    what: `live fan-out to ${count.toLocaleString('en-US')} clients`,
    unit: 'events/s',
    ours: median(samples.ours),
    yardstick: median(samples.bare),
    target: { of: 'ratio', atLeast: 0.8 },
    n: samples.ours.length,
    details: { eventsPerRound: events, window },
  };
}

/** So many clients in a process of their own. */
async function listen(
  bench: Bench,
  call: { url: string; sid: string; count: number; step: number },
  received: (events: number) => Promise<void>,
): Promise<{ clients: Child<ClientsCalls>; expect: (events: number) => Promise<{ all: Promise<void> }> }> {
  const clients = await bench.child<ClientsCalls>('clients');
  await clients.call('listen', call);
  let expected = 0;
  let all: PromiseWithResolvers<void> = Promise.withResolvers();
  clients.onNote = (have) => {
    received(have).catch((error: unknown) => all.reject(error));
    if (have === expected) all.resolve();
  };
  return {
    clients,
    async expect(events) {
      expected = events;
      all = Promise.withResolvers();
      const { promise } = all;
      await clients.call('recount');
      return { all: promise };
    },
  };
}
