/**
 * A node that is told to stop (SIGTERM) while many agents work on it, and their users go on to write. Without a loop is a
 * conversation from the last event of the old one, whose release comes after it, to the first event of the new one.
 */

import { until } from '../../test/standalone/harness/until.ts';
import { median } from '../measure.ts';
import type { Row } from '../rows/row.ts';
import type { BenchCluster } from './bench-cluster.ts';
import type { Written } from './cluster-log.ts';
import { outOfTurn } from './takeover.ts';

const CONVERSATIONS = 20;
/** So that some are left when the new owner has come: the first conversations begin while the last are made. */
const COMMANDS = 40;
/** As operators have it by default. */
const DRAIN_GRACE_MS = 10_000;
const WITHIN_MS = 60_000;

const commands = Array.from({ length: COMMANDS }, (_, place) => `sleep 0.05; : ${place}`);
const said = ': said while it stopped';

interface Handover {
  /** For each conversation how long it had no loop, in ms. */
  readonly gaps: readonly number[];
  /** What is wrong, a line a conversation. */
  readonly lost: readonly string[];
  /** From SIGTERM to the end of the process. */
  readonly endedMs: number;
  /** Null where a signal ended it. */
  readonly code: number | null;
}

export const handover: Row = {
  name: 'handover',
  async measure(bench) {
    const cluster = await bench.cluster();
    const rounds: Handover[] = [];
    while (rounds.length < bench.sizes.handovers) rounds.push(await handoverOnce(cluster));
    const gaps = rounds.flatMap((round) => round.gaps);
    if (gaps.length === 0) throw new Error('Nothing was handed over.');
    const lost = rounds.flatMap((round) => round.lost);
    const codes = rounds.map(({ code }) => code);
    return [
      {
        what: `planned handover (SIGTERM) of ${CONVERSATIONS} working conversations: without a loop, max`,
        unit: 'ms',
        ours: Math.max(...gaps),
        yardstick: null,
        target: { of: 'value', atMost: 500 },
        n: gaps.length,
        details: { gaps },
        note: `p50 ${median(gaps).toFixed(0)} ms; the process ended after ${median(rounds.map(({ endedMs }) => endedMs)).toFixed(0)} ms`,
      },
      {
        what: 'turns lost in it: a command missing, repeated or out of order, or no end',
        unit: 'turns',
        ours: lost.length,
        yardstick: null,
        target: { of: 'value', atMost: 0 },
        n: rounds.length * CONVERSATIONS,
        details: { lost },
      },
      {
        what: 'nodes that did not exit with 0',
        unit: 'nodes',
        ours: codes.filter((code) => code !== 0).length,
        yardstick: null,
        target: { of: 'value', atMost: 0 },
        n: codes.length,
        details: { codes },
      },
    ];
  },
};

async function handoverOnce(cluster: BenchCluster): Promise<Handover> {
  const { log, right } = cluster;
  const node = await cluster.cluster.node({ drainGraceMs: DRAIN_GRACE_MS });
  const sids: string[] = [];
  while (sids.length < CONVERSATIONS) sids.push(await cluster.working(node, commands));
  const begun = performance.now();
  node.signal('SIGTERM');
  await Promise.all(sids.map((sid) => right.api.say(sid, `$ ${said}`)));
  const { code } = await node.ended;
  const endedMs = performance.now() - begun;
  await until(
    'all have ended their turns',
    async () => {
      const run = await log.commandsOf(sids);
      const all = sids.every((sid) => run.get(sid)?.at(-1)?.command === said);
      return all && (await log.rest(sids));
    },
    { timeoutMs: WITHIN_MS, everyMs: 200 },
  ).catch(() => {}); // told below, a turn at a time
  const run = await log.commandsOf(sids);
  const gaps: number[] = [];
  const lost: string[] = [];
  for (const sid of sids) {
    const written = await log.written(sid);
    gaps.push(...gapOf(written));
    const ran = (run.get(sid) ?? []).map(({ command }) => command);
    if (ran.join('\n') !== [...commands, said].join('\n')) lost.push(`${sid} ran ${ran.join(', ')}`);
    else if (outOfTurn(written).length > 0 || !(await log.rest([sid]))) lost.push(sid);
  }
  return { gaps, lost, endedMs, code };
}

/** From the last event of the first owner to the next one; none where another node had claimed it from the start. */
function gapOf(written: readonly Written[]): number[] {
  const next = written.findIndex(({ epoch }, place) => place > 0 && epoch !== written[place - 1]?.epoch);
  const [before, after] = [written[next - 1], written[next]];
  return before === undefined || after === undefined ? [] : [after.at - before.at];
}
