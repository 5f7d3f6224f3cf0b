/**
 * A step of an agent loop without its model and its tool: making the prompt, committing the action, committing what
 * came of it, deciding.
 */
import { median, percentile } from '../measure.ts';
import { agentNames } from '../processes/agents.ts';
import type { Row } from './row.ts';

export const step: Row = {
  name: 'step',
  async measure(bench) {
    const server = await bench.server();
    const sid = 'bench-step';
    await server.calls.call('begin', { sid, agent: agentNames.stepper });
    await bench.resetDelay(server);
    const samples = await server.calls.call('step', { sid, count: bench.sizes.rounds * bench.sizes.trips });
    await bench.noteDelay(server, 'steps');
    return [
      {
        what: 'step of the agent loop, without model and tool, p50',
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
