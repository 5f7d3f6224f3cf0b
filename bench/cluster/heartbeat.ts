/**
 * What a node's heartbeat costs, when it owns nothing (the yardstick) and when it runs many conversations. In this database
 * no commit waits for the disk: to start so many would take minutes, and what is compared is alike on both sides.
 */
import { median } from '../measure.ts';
import type { Heartbeats } from '../processes/cluster-node.ts';
import type { Result, Unit } from '../result.ts';
import type { Row } from '../rows/row.ts';

const BEATS = 16;
/** The load that a heartbeat tells has more digits then. */
const FEW_BYTES = 1.05;
/** The process has more to do then: a heartbeat may wait for its turn. */
const NOISE = 2;

export const heartbeat: Row = {
  name: 'heartbeat',
  async measure(bench) {
    const { owned } = bench.sizes;
    await using node = await bench.clusterNode(true);
    const none = await node.call('heartbeats', BEATS);
    await node.call('own', owned);
    const many = await node.call('heartbeats', BEATS);
    const size = owned.toLocaleString('en-US');
    const row = (what: string, unit: Unit, value: (of: Heartbeats) => number, atMost: number): Result => ({
      what: `heartbeat with ${size} owned conversations, ${what}`,
      unit,
      ours: value(many),
      yardstick: value(none),
      target: { of: 'ratio', atMost },
      n: BEATS,
    });
    const p50 = (of: Heartbeats, what: 'ms' | 'bytes'): number => median(of.beats.map((beat) => beat[what]));
    return [
      row('p50', 'ms', (of) => p50(of, 'ms'), NOISE),
      {
        ...row('both ways', 'bytes', (of) => p50(of, 'bytes'), FEW_BYTES),
        details: { others: { none: none.others, many: many.others } },
        note: `all else that the node asked PostgreSQL meanwhile: ${sumOf(none)}, with ${size} ${sumOf(many)}`,
      },
    ];
  },
};

function sumOf({ others }: Heartbeats): string {
  const total = (what: 'count' | 'bytes'): number => others.reduce((sum, other) => sum + other[what], 0);
  return `${total('count')} statements of ${Math.round(total('bytes') / 1024)} KB`;
}
