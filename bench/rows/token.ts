/**
 * A token of a model's answer: from the moment when its provider sends it over HTTP, in another process, to the client.
 * That is more than what the target is about, which counts from our receipt.
 */
import { median, percentile } from '../measure.ts';
import { agentNames } from '../processes/agents.ts';
import { content } from './acknowledgement.ts';
import type { Row } from './row.ts';

const EVERY_MS = 5;

export const token: Row = {
  name: 'token',
  async measure(bench) {
    const [server, clients, model] = await Promise.all([bench.server(), bench.clients(), bench.model()]);
    const sid = 'bench-token';
    const llmBaseUrl = await model.call('url');
    await server.calls.call('begin', { sid, agent: agentNames.codeAct, llmBaseUrl });
    const client = await clients.call('open', { url: server.url, sid });
    const count = 2 * bench.sizes.trips;
    const samples: number[] = [];
    for (let round = 0; round <= bench.sizes.rounds; round += 1) {
      await model.call('answer', { count, everyMs: EVERY_MS });
      const taken = await clients.call('tokens', { client, content, count });
      if (round > 0) samples.push(...taken);
    }
    await clients.call('close', client);
    return [
      {
        what: "token: from the model's provider to the client, p50",
        unit: 'ms',
        ours: median(samples),
        yardstick: null,
        target: { of: 'value', atMost: 5 },
        n: samples.length,
        details: { p99: percentile(samples, 99) },
      },
    ];
  },
};
