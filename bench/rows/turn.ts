/**
 * A turn: from the user's message to the answer of an agent that answers at once, at the client. The yardstick commits
 * twice and then echoes.
 */
import { interleaved, median, percentile } from '../measure.ts';
import { agentNames } from '../processes/agents.ts';
import { rooms } from '../processes/rooms.ts';
import { content, storedMessage } from './acknowledgement.ts';
import type { Row } from './row.ts';

export const turn: Row = {
  name: 'turn',
  async measure(bench) {
    const [server, bare, clients] = await Promise.all([bench.server(), bench.bare(), bench.clients()]);
    const { trips: times } = bench.sizes;
    const rounds = 3 * bench.sizes.rounds;
    const sid = 'bench-turn';
    await server.calls.call('begin', { sid, agent: agentNames.echo });
    const client = await clients.call('open', { url: server.url, sid });
    const echo = await clients.call('open', { url: await bare.call('url'), sid: rooms.echo });
    const twice = await clients.call('open', { url: await bare.call('url'), sid: rooms.twice });
    await bench.resetDelay(server);
    const samples = await interleaved(rounds, {
      ours: () => clients.call('answered', { client, times, content }),
      echo: () => clients.call('acknowledged', { client: echo, times, content }),
      twice: () => clients.call('acknowledged', { client: twice, times, content }),
      commit: () => bare.call('commit', { times, data: storedMessage }),
    });
    await bench.noteDelay(server, 'turn');
    for (const one of [client, echo, twice]) await clients.call('close', one);
    const p50 = { echo: median(samples.echo), commit: median(samples.commit), twice: median(samples.twice) };
    const ours = median(samples.ours);
    return [
      {
        what: 'turn: message in, answer out, p50',
        unit: 'ms',
        ours,
        yardstick: p50.twice,
        target: { of: 'ratio', atMost: 2 },
        n: samples.ours.length,
        details: { ...p50, p99: percentile(samples.ours, 99) },
      },
      {
        what: 'the same; echoes and commits each measured alone, one right after the other',
        unit: 'ms',
        ours,
        yardstick: p50.echo + 2 * p50.commit,
        target: null,
        n: samples.commit.length,
      },
    ];
  },
};
