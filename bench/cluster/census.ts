/** What one user runs and where that user is connected, on all nodes: the cost follows the answer, not the cluster. */
import { median, percentile } from '../measure.ts';
import type { Result } from '../result.ts';
import type { Row } from '../rows/row.ts';

const FEW = 1_000;
/** What counts as independent of the total, in ms: two measurements of the same differ by almost as much. */
const INDEPENDENT = 0.5;

export const census: Row = {
  name: 'census',
  async measure(bench) {
    const { elsewhere, queries: times } = bench.sizes;
    await using node = await bench.clusterNode();
    await node.call('fill', FEW);
    await node.call('ask', times); // it warms up
    const few = await node.call('ask', times);
    await node.call('fill', elsewhere);
    const many = await node.call('ask', times);
    const total = elsewhere.toLocaleString('en-US');
    const rowsOf = (what: string, ours: readonly number[], yardstick: readonly number[]): Result[] => {
      const result = {
        unit: 'ms',
        ours: median(ours),
        yardstick: median(yardstick),
        n: ours.length,
        details: { p99: percentile(ours, 99) },
      } as const;
      return [
        { ...result, what: `${what}, ${total} of all, p50`, target: { of: 'value', atMost: 5 } },
        {
          ...result,
          what: `the same against ${FEW.toLocaleString('en-US')} of all`,
          target: { of: 'difference', atMost: INDEPENDENT },
        },
      ];
    };
    return [
      ...rowsOf('getRunningAgentLoops(user)', many.loops, few.loops),
      ...rowsOf('getConnections(user)', many.connections, few.connections),
    ];
  },
};
