/**
 * A node that says nothing any more and lives on: paused (SIGSTOP), or cut off from PostgreSQL and Redis while its
 * connections stay, so that its lock stays held too. It is let go when another one has taken over; then it must find
 * out that it is dead, write nothing of what it had in hand, and come back as a new incarnation.
 */
import { Link } from '../../test/fixtures/link.ts';
import type { ServerProcess } from '../../test/standalone/harness/server-process.ts';
import { until } from '../../test/standalone/harness/until.ts';
import { median } from '../measure.ts';
import type { Result } from '../result.ts';
import type { Row } from '../rows/row.ts';
import { type BenchCluster, LEASE_MS } from './bench-cluster.ts';
import { faultsOf, type Takeover, takeover } from './takeover.ts';

const BACK_WITHIN_MS = 20_000;

export const silence: Row = {
  name: 'silence',
  async measure(bench) {
    const cluster = await bench.cluster();
    const paused: Takeover[] = [];
    const cut: Takeover[] = [];
    for (let round = 0; round < bench.sizes.silences; round += 1) {
      paused.push(await pausedOnce(cluster));
      cut.push(await cutOnce(cluster));
    }
    const faults = await faultsOf(cluster, [...paused, ...cut]);
    return [
      resultOf('the same for a node that is paused (SIGSTOP), max', paused),
      resultOf('the same for a node that is cut off, max', cut),
      {
        what: 'what the old loops wrote afterwards, or commands that were run again',
        unit: 'events',
        ours: faults.length,
        yardstick: null,
        target: { of: 'value', atMost: 0 },
        n: paused.length + cut.length,
        details: { faults },
      },
    ];
  },
};

async function pausedOnce(cluster: BenchCluster): Promise<Takeover> {
  await using node = await cluster.cluster.node();
  const taken = await takeover(cluster, node, () => node.signal('SIGSTOP'));
  node.signal('SIGCONT');
  await isBack(cluster, node);
  return taken;
}

async function cutOnce(cluster: BenchCluster): Promise<Takeover> {
  const { databaseUrl, redis } = cluster.cluster;
  await using database = await Link.to(databaseUrl);
  await using hints = await Link.to(redis.url);
  await using node = await cluster.cluster.node({ databaseUrl: database.url, redisUrl: hints.url });
  const taken = await takeover(cluster, node, () => {
    database.hold();
    hints.hold();
  });
  // What it had sent comes through now, late.
  database.restore();
  hints.restore();
  await isBack(cluster, node);
  return taken;
}

/** Resolves when it works again: by then it has written all that it may have had in hand. */
async function isBack(cluster: BenchCluster, node: ServerProcess): Promise<void> {
  const sid = await until('it is a node again', () => node.api.create().catch(() => null), {
    timeoutMs: BACK_WITHIN_MS,
    everyMs: 100,
  });
  await until('it works again', () => cluster.log.rest([sid]), { timeoutMs: BACK_WITHIN_MS });
}

function resultOf(what: string, takeovers: readonly Takeover[]): Result {
  const samples = takeovers.map(({ tookMs }) => tookMs);
  const declared = takeovers.map(({ declaredMs }) => declaredMs);
  return {
    what,
    unit: 'ms',
    ours: Math.max(...samples),
    yardstick: null,
    target: { of: 'value', atMost: LEASE_MS + 1_000 },
    n: samples.length,
    details: { samples, declared },
    note: `p50 ${Math.round(median(samples))} ms; declared dead after ${Math.round(median(declared))} ms (p50)`,
  };
}
