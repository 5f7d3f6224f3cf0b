/**
 * A message acknowledged durably: one client of the real server sends, waits for the acknowledgement, sends the next.
 * The agent of the conversation is busy thinking, as agents mostly are: it reacts to nothing, so that what is measured is
 * the way of the message alone. With an agent that answers each message the acknowledgement of the next one also waits
 * for the commit of that answer: this is shown beside it.
 *
 * The yardstick commits the row and then echoes, in its only thread: an echo and a commit in the rhythm of a client. Nobody
 * else is served meanwhile, so the same with the commit in another thread is shown beside it; the difference is what it costs
 * to keep the disk away from everybody else. The sum of an echo and a commit that each follow right after the one before,
 * with everything warm, is shown beside it.
 */
import { randomFrom, sentence } from '../events.ts';
import { interleaved, median, percentile } from '../measure.ts';
import { agentNames } from '../processes/agents.ts';
import { rooms } from '../processes/rooms.ts';
import type { Row } from './row.ts';

export const content = sentence(randomFrom(3), 20);
/** What the store keeps of such a message. */
export const storedMessage = JSON.stringify({
  action: 'message',
  args: { content, image_urls: [], wait_for_response: false },
});

export const acknowledgement: Row = {
  name: 'ack',
  async measure(bench) {
    const [server, bare, clients] = await Promise.all([bench.server(), bench.bare(), bench.clients()]);
    const { trips: times } = bench.sizes;
    const rounds = 3 * bench.sizes.rounds;
    const opened = async (sid: string, agent: string): Promise<number> => {
      await server.calls.call('begin', { sid, agent });
      return clients.call('open', { url: server.url, sid });
    };
    const busy = await opened('bench-ack', agentNames.thinker);
    const answering = await opened('bench-ack-answered', agentNames.echo);
    const echo = await clients.call('open', { url: await bare.call('url'), sid: rooms.echo });
    const durable = await clients.call('open', { url: await bare.call('url'), sid: rooms.durable });
    const threaded = await clients.call('open', { url: await bare.call('url'), sid: rooms.threaded });
    await bench.resetDelay(server);
    const samples = await interleaved(rounds, {
      ours: () => clients.call('acknowledged', { client: busy, times, content }),
      echo: () => clients.call('acknowledged', { client: echo, times, content }),
      durable: () => clients.call('acknowledged', { client: durable, times, content }),
      threaded: () => clients.call('acknowledged', { client: threaded, times, content }),
      commit: () => bare.call('commit', { times, data: storedMessage }),
      answering: () => clients.call('acknowledged', { client: answering, times, content }),
    });
    await bench.noteDelay(server, 'ack');
    for (const client of [busy, answering, echo, durable, threaded]) await clients.call('close', client);
    const p50 = { echo: median(samples.echo), commit: median(samples.commit), both: median(samples.durable) };
    const ours = median(samples.ours);
    return [
      {
        what: 'message acknowledged durably, p50',
        unit: 'ms',
        ours,
        yardstick: p50.both,
        target: { of: 'ratio', atMost: 1.5 },
        n: samples.ours.length,
        details: { ...p50, p99: percentile(samples.ours, 99) },
      },
      {
        what: 'the same; the yardstick commits in another thread',
        unit: 'ms',
        ours,
        yardstick: median(samples.threaded),
        target: null,
        n: samples.threaded.length,
        details: { p99: percentile(samples.threaded, 99) },
      },
      {
        what: 'the same; echoes and commits each measured alone, one right after the other',
        unit: 'ms',
        ours,
        yardstick: p50.echo + p50.commit,
        target: null,
        n: samples.commit.length,
      },
      {
        what: 'the same, while an agent answers each one',
        unit: 'ms',
        ours: median(samples.answering),
        yardstick: 2 * p50.both - p50.echo,
        target: null,
        n: samples.answering.length,
        details: { p99: percentile(samples.answering, 99) },
      },
    ];
  },
};
