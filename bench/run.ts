/**
 * `npm run bench`: measures what the documentation promises of a server alone, against yardsticks that are measured beside
 * it. Prints a table and writes `bench/results/<time>.json` and `latest.json`. `npm run bench -- cluster`: the same of
 * several nodes, on a PostgreSQL and a Redis of their own; `latest-cluster.json`.
 *
 *   --only ack,join     only these subjects
 *   --quick             small numbers: to see that it works, not to quote
 *   --strict            exit code 1 where a target is missed
 *   --profile <folder>  CPU profiles of all children go there
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Bench } from './bench.ts';
import { clusterRows } from './cluster/rows.ts';
import { type Result, ratioOf, tableOf, verdictOf } from './result.ts';
import { acknowledgement } from './rows/acknowledgement.ts';
import { appends } from './rows/appends.ts';
import { delay } from './rows/delay.ts';
import { fanOut } from './rows/fan-out.ts';
import { join } from './rows/join.ts';
import { list } from './rows/list.ts';
import { memory } from './rows/memory.ts';
import { reopen } from './rows/reopen.ts';
import type { Row } from './rows/row.ts';
import { search } from './rows/search.ts';
import { start } from './rows/start.ts';
import { step } from './rows/step.ts';
import { token } from './rows/token.ts';
import { turn } from './rows/turn.ts';
import { full, quick } from './sizes.ts';

/** In this order. `delay` tells of all before it, and ends their server. */
const standaloneRows: readonly Row[] = [
  acknowledgement,
  turn,
  step,
  token,
  fanOut,
  join,
  reopen,
  list,
  search,
  delay,
  appends,
  memory,
  start,
];

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    profile: { type: 'string' },
  },
});
const [subject = 'standalone', ...more] = positionals;
if ((subject !== 'standalone' && subject !== 'cluster') || more.length > 0) {
  console.error(`No such subject: ${positionals.join(' ')}. There are standalone and cluster.`);
  process.exit(2);
}
const rows = subject === 'cluster' ? clusterRows : standaloneRows;
const names = values.only?.split(',') ?? rows.map(({ name }) => name);
const unknown = names.filter((name) => rows.every((row) => row.name !== name));
if (unknown.length > 0) {
  console.error(`No such row: ${unknown.join(', ')}. There are ${rows.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

const begun = new Date();
const loadBefore = loadavg()[0] ?? 0;
const results: Result[] = [];
{
  await using bench = new Bench({
    sizes: values.quick ? quick : full,
    profileTo: values.profile === undefined ? null : path.resolve(values.profile),
    log: (line) => console.error(line),
  });
  const interrupt = (): void => {
    void bench[Symbol.asyncDispose]().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  for (const row of rows) {
    if (!names.includes(row.name)) continue;
    const start = performance.now();
    results.push(...(await row.measure(bench)));
    bench.log(`${row.name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
}

console.log(`\n${tableOf(results)}\n`);
for (const { note, what } of results) if (note !== undefined) console.log(`${what}: ${note}`);
const seconds = Math.round((Date.now() - begun.getTime()) / 1000);
const machine = {
  node: process.version,
  processors: availableParallelism(),
  model: cpus()[0]?.model ?? '',
  loadBefore,
};
console.log(`\n${seconds} s; ${JSON.stringify(machine)}`);

const folder = path.join(import.meta.dirname, 'results');
await mkdir(folder, { recursive: true });
const report = {
  at: begun.toISOString(),
  seconds,
  quick: values.quick,
  machine,
  results: results.map((result) => ({ ...result, ratio: ratioOf(result), verdict: verdictOf(result) })),
};
const text = `${JSON.stringify(report, null, 2)}\n`;
const latest = subject === 'cluster' ? 'latest-cluster' : 'latest';
for (const name of [begun.toISOString().replaceAll(':', '-'), latest]) {
  await writeFile(path.join(folder, `${name}.json`), text);
}

const missed = results.some((result) => verdictOf(result) === 'miss');
process.exitCode = values.strict && missed ? 1 : 0;
