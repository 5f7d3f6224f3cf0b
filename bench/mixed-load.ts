/** Everything at once, for a while: people who talk to agents, many who listen, joins, lists, searches, reopened loops. */
import type { Bench, Server } from './bench.ts';
import { commonWord, randomFrom, rareWord, sentence } from './events.ts';
import { agentNames } from './processes/agents.ts';
import type { ClientsCalls } from './processes/clients.ts';
import { sids } from './seed.ts';

const TALKERS = 20;
const LISTENERS = 50;
const PUBLISHED = 64;

export async function mixedLoad(bench: Bench, { calls, url }: Server): Promise<void> {
  const { join: events, loadMs } = bench.sizes;
  const clients = await bench.child<ClientsCalls>('clients');
  const talkers = await Promise.all(
    Array.from({ length: TALKERS }, async (_, index) => {
      const sid = `bench-talk-${index}`;
      await calls.call('begin', { sid, agent: agentNames.echo });
      return clients.call('open', { url, sid });
    }),
  );
  const crowd = 'bench-crowd';
  await calls.call('begin', { sid: crowd, agent: agentNames.echo });
  await clients.call('listen', { url, sid: crowd, count: LISTENERS, step: 8 });
  clients.onNote = (have) => {
    // Refused only where the server has ended, which another call tells.
    calls.call('received', have).catch(() => {});
  };
  const content = sentence(randomFrom(5), 20);
  const contents = Array.from({ length: PUBLISHED }, () => content);

  const end = performance.now() + loadMs;
  const repeat = async (work: () => Promise<unknown>): Promise<void> => {
    while (performance.now() < end) await work();
  };
  await Promise.all([
    ...talkers.map((client) => repeat(() => clients.call('answered', { client, times: 5, content }))),
    repeat(async () => {
      await clients.call('recount');
      await calls.call('publish', { sid: crowd, contents, window: PUBLISHED });
    }),
    repeat(() => clients.call('join', { url, sid: sids.join, events })),
    repeat(() => clients.call('get', { url: `${url}/api/conversations?limit=20`, times: 10 })),
    repeat(() => calls.call('search', { sid: sids.long, text: commonWord, times: 5 })),
    repeat(() => calls.call('search', { sid: sids.long, text: rareWord, times: 5 })),
    repeat(() => calls.call('reopen', sids.long)),
  ]);
  await clients[Symbol.asyncDispose]();
}
