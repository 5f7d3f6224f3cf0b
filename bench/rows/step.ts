/**
 * A step of an agent loop without its model and its tool: making the prompt, committing the action, committing what
 * came of it, deciding.
 */
import { interleaved, median, percentile } from '../measure.ts';
import { agentNames } from '../processes/agents.ts';
import { storedMessage } from './acknowledgement.ts';
import type { Row } from './row.ts';

export const step: Row = {
  name: 'step',
  async measure(bench) {
    const [server, bare] = await Promise.all([bench.server(), bench.bare()]);
    const { rounds, trips } = bench.sizes;
    const sid = 'bench-step';
    await server.calls.call('begin', { sid, agent: agentNames.stepper });
    await bench.resetDelay(server);
    const samples = await interleaved(rounds, {
      ours: () => server.calls.call('step', { sid, count: trips }),
      commit: () => bare.call('commit', { times: trips, data: storedMessage }),
    });
    await bench.noteDelay(server, 'steps');
    const commit = median(samples.commit);
    return [
      {
        what: 'step of the agent loop, without model and tool, p50',
        unit: 'ms',
        ours: median(samples.ours),
        yardstick: null,
        target: { of: 'value', atMost: 5 },
        n: samples.ours.length,
        details: { commit, p99: percentile(samples.ours, 99) },
        note: `of which two commits; one took ${commit.toFixed(2)} ms by itself`,
      },
    ];
  },
};
