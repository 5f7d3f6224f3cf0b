/**
 * A node is killed (-9) while its agent works and nobody watches: from SIGKILL to the first action that the new owner
 * decided on, by the time that it wrote into it. The commit of it is not in it.
 */
import { median } from '../measure.ts';
import type { Row } from '../rows/row.ts';
import { faultsOf, type Takeover, takeover } from './takeover.ts';

export const crash: Row = {
  name: 'crash',
  async measure(bench) {
    const cluster = await bench.cluster();
    const { crashes } = bench.sizes;
    const takeovers: Takeover[] = [];
    for (let round = 0; round < crashes; round += 1) {
      const node = await cluster.cluster.node();
      takeovers.push(await takeover(cluster, node, () => node.signal('SIGKILL')));
      await node.ended;
    }
    const faults = await faultsOf(cluster, takeovers);
    if (faults.length > 0) throw new Error(faults.join('\n'));
    const samples = takeovers.map(({ tookMs }) => tookMs);
    const declared = takeovers.map(({ declaredMs }) => declaredMs);
    const what = 'crash (-9) of an owner: SIGKILL to the first action of the new owner';
    return [
      {
        what: `${what}, p50`,
        unit: 'ms',
        ours: median(samples),
        yardstick: null,
        target: { of: 'value', atMost: 1_000 },
        n: crashes,
        details: { samples, declared },
        note: `declared dead after ${Math.round(median(declared))} ms (p50), ${Math.round(Math.max(...declared))} ms (max)`,
      },
      {
        what: `${what}, max`,
        unit: 'ms',
        ours: Math.max(...samples),
        yardstick: null,
        target: { of: 'value', atMost: 2_000 },
        n: crashes,
      },
    ];
  },
};
