/** The first page of the list of conversations: in the server's process, and over HTTP from another one. */
import { median, percentile } from '../measure.ts';
import type { Row } from './row.ts';

const LIMIT = 20;

export const list: Row = {
  name: 'list',
  async measure(bench) {
    const [server, clients] = await Promise.all([bench.server(), bench.clients()]);
    const { conversations, queries: times } = bench.sizes;
    const url = `${server.url}/api/conversations?limit=${LIMIT}`;
    await server.calls.call('list', { times, limit: LIMIT });
    await clients.call('get', { url, times });
    await bench.resetDelay(server);
    const within = await server.calls.call('list', { times, limit: LIMIT });
    const overHttp = await clients.call('get', { url, times });
    await bench.noteDelay(server, 'list');
    const what = `first page of ${LIMIT} of ${conversations.toLocaleString('en-US')} conversations, p50`;
    return [
      {
        what,
        unit: 'ms',
        ours: median(within),
        yardstick: null,
        target: { of: 'value', atMost: 5 },
        n: times,
        details: { p99: percentile(within, 99) },
      },
      {
        what: 'the same over HTTP',
        unit: 'ms',
        ours: median(overHttp),
        yardstick: null,
        target: null,
        n: times,
        details: { p99: percentile(overHttp, 99) },
      },
    ];
  },
};
