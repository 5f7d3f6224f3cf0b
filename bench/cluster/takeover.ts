/** A conversation whose owner is lost while its agent works: what the survivors make of it. */
import type { ServerProcess } from '../../test/standalone/harness/server-process.ts';
import { until } from '../../test/standalone/harness/until.ts';
import type { BenchCluster } from './bench-cluster.ts';
import type { Written } from './cluster-log.ts';

export interface Takeover {
  readonly sid: string;
  /** From the loss to the first action that the new owner decided on. */
  readonly tookMs: number;
  /** From the loss to the death of the old owner's incarnation. */
  readonly declaredMs: number;
}

const WITHIN_MS = 20_000;
const LOOK_MS = 20;

/** What the agent runs: the first is under way when the owner is lost, the second is for the new one to decide on. */
const commands = ['sleep 100', 'echo then'];

/** `lose`: what happens to `node`. */
export async function takeover(
  cluster: BenchCluster,
  node: ServerProcess,
  lose: () => void,
): Promise<Takeover> {
  const { log } = cluster;
  const sid = await cluster.working(node, commands);
  const owner = await log.owner(sid);
  const lostAt = Date.now();
  lose();
  const next = await until('it goes on', async () => (await log.commands(sid))[1], {
    timeoutMs: WITHIN_MS,
    everyMs: LOOK_MS,
  });
  return { sid, tookMs: next.at - lostAt, declaredMs: (await log.diedAt(owner)) - lostAt };
}

/** What is wrong in the logs: a command that was run again, or an event that a loop wrote after a newer one had begun. */
export async function faultsOf({ log }: BenchCluster, takeovers: readonly Takeover[]): Promise<string[]> {
  const faults: string[] = [];
  for (const { sid } of takeovers) {
    const run = (await log.commands(sid)).map(({ command }) => command);
    if (run.join('\n') !== commands.join('\n')) faults.push(`${sid} ran ${run.join(', ')}`);
    faults.push(...outOfTurn(await log.written(sid)).map((id) => `event ${id} of ${sid} is of an old epoch`));
  }
  return faults;
}

/** The ids of what was written under an older epoch than something before it. */
export function outOfTurn(written: readonly Written[]): number[] {
  let newest = 0;
  return written.flatMap(({ epoch, id }) => {
    newest = Math.max(newest, epoch);
    return epoch < newest ? [id] : [];
  });
}
