/** A join with a long history: from before the client connects until everything is there, and until the first is. */
import path from 'node:path';
import { median } from '../measure.ts';
import { rooms } from '../processes/rooms.ts';
import { sids } from '../seed.ts';
import type { Row } from './row.ts';

export const join: Row = {
  name: 'join',
  async measure(bench) {
    const [server, bare, clients] = await Promise.all([bench.server(), bench.bare(), bench.clients()]);
    const { join: events, rounds } = bench.sizes;
    await bare.call('serve', { log: path.join(await bench.data(), 'convene.db'), sid: sids.join });
    const bareUrl = await bare.call('url');
    const ours: { first: number; all: number }[] = [];
    const rows: { first: number; all: number }[] = [];
    await bench.resetDelay(server);
    for (let round = 0; round <= rounds; round += 1) {
      const joined = await clients.call('join', { url: server.url, sid: sids.join, events });
      const sent = await clients.call('join', { url: bareUrl, sid: rooms.rows, events });
      if (round === 0) continue; // it warms up
      ours.push(joined);
      rows.push(sent);
    }
    await bench.noteDelay(server, 'join');
    const size = events.toLocaleString('en-US');
    return [
      {
        what: `join with ${size} events, until all are there`,
        unit: 'ms',
        ours: median(ours.map(({ all }) => all)),
        yardstick: median(rows.map(({ all }) => all)),
        target: { of: 'ratio', atMost: 1.5 },
        n: rounds,
      },
      {
        what: `join with ${size} events, until the first is there`,
        unit: 'ms',
        ours: median(ours.map(({ first }) => first)),
        yardstick: median(rows.map(({ first }) => first)),
        target: { of: 'value', atMost: 50 },
        n: rounds,
      },
    ];
  },
};
