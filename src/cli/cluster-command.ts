/** `convene cluster`: the nodes, and who took over from whom. */
import { z } from 'zod';
import { ago } from './ago.ts';
import { print, printJson } from './output.ts';
import { getJson } from './source/reach.ts';
import { renderTable } from './table.ts';

const clusterSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.string(),
      url: z.string().nullable(),
      live: z.boolean(),
      draining: z.boolean(),
      started_at: z.string(),
      load: z.number(),
      running: z.array(z.string()),
    }),
  ),
  takeovers: z.array(
    z.object({
      sid: z.string(),
      from: z.string().nullable(),
      to: z.string(),
      cause: z.string(),
      duration_ms: z.number(),
      at: z.string(),
    }),
  ),
});

type ClusterAnswer = z.output<typeof clusterSchema>;

const WIDTH = 160;
/** Of the takeovers; JSON has them all. */
const SHOWN = 10;

export async function runCluster({ json, url }: { url: string; json: boolean }): Promise<number> {
  const answer = clusterSchema.parse(await getJson(url, '/api/cluster'));
  const width = process.stdout.isTTY ? process.stdout.columns : WIDTH;
  await (json ? printJson(answer) : print(renderCluster(answer, Date.now(), width)));
  return 0;
}

/** `now`: in ms since the epoch. `width`: of the terminal. */
function renderCluster({ nodes, takeovers }: ClusterAnswer, now: number, width: number): string {
  const rows = nodes.map((node) => [
    node.id,
    stateOf(node),
    ago(Date.parse(node.started_at), now),
    String(node.load),
    node.url ?? '',
  ]);
  const table = renderTable(['NODE', 'STATE', 'STARTED', 'RUNNING', 'ADDRESS'], rows, width);
  if (takeovers.length === 0) return `${table}\nNo takeovers lately.\n`;
  const last = takeovers
    .slice(0, SHOWN)
    .map(({ at, cause, duration_ms, from, sid, to }) => [
      ago(Date.parse(at), now),
      sid,
      from ?? '',
      to,
      cause,
      `${Math.round(duration_ms)} ms`,
    ]);
  return `${table}\n${renderTable(['TAKEOVER', 'CONVERSATION', 'FROM', 'TO', 'CAUSE', 'TOOK'], last, width)}`;
}

function stateOf({ draining, live }: ClusterAnswer['nodes'][number]): string {
  if (!live) return 'dead';
  return draining ? 'draining' : 'live';
}
