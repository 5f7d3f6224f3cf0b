/**
 * `npm run cluster`: a cluster on this machine to try things with, without containers. A private PostgreSQL and Redis,
 * three nodes, and a proxy before them; Ctrl-C stops it all, and nothing is kept. A node that is killed is started anew.
 *
 *   --port 3000   of the proxy; 0 takes a free one
 *   --nodes 3
 *   --logs        show what the nodes log
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ReleaseStack } from '../../src/release-stack.ts';
import { PostgresServer } from '../servers/postgres.ts';
import { RedisServer } from '../servers/redis.ts';
import { ensureWebApp } from '../web/web-app.ts';
import { ClusterNode } from './node.ts';
import { RoundRobin } from './round-robin.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '3000' },
    nodes: { type: 'string', default: '3' },
    logs: { type: 'boolean', default: false },
  },
});
const port = numberOf('port', values.port, 0, 65_535);
const count = numberOf('nodes', values.nodes, 1, 20);

const stopping = new AbortController();
const told = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stopping.abort();
      resolve();
    });
  }
});

await using stack = new ReleaseStack();
const folder = await mkdtemp(path.join(tmpdir(), 'convene-cluster-'));
stack.defer(() => rm(folder, { recursive: true, force: true }));
await ensureWebApp().catch((error: unknown) => say(`The web app could not be built: ${error}`));
say('Starting PostgreSQL and Redis …');
const postgres = stack.use(await PostgresServer.start({ durable: true }));
const redis = stack.use(await RedisServer.start());
const env = {
  DATABASE_URL: await postgres.createDatabase(),
  REDIS_URL: redis.url,
  CONVENE_SECRET_KEY: randomBytes(32).toString('hex'),
};
const nodes = new Map<number, ClusterNode>();
stack.defer(async () => {
  say('Stopping …');
  await Promise.all([...nodes.values()].map((node) => node.stop()));
});
for (let number = 1; number <= count && !stopping.signal.aborted; number += 1) await keep(number);
const proxy = stack.use(await RoundRobin.listen(() => [...nodes.values()].map((node) => node.port), port));
say(`The cluster is listening on ${proxy.url}`);
say(`PostgreSQL: ${env.DATABASE_URL}\nRedis: ${env.REDIS_URL}\nCtrl-C stops all of it.`);
await told;

/** Starts node `number`, and starts it anew when it ends by itself. */
async function keep(number: number): Promise<void> {
  const node = await ClusterNode.start({
    env,
    dataDir: path.join(folder, `node-${number}`),
    workspaceDir: path.join(folder, 'workspaces'),
    onLog: (line) => {
      if (values.logs) process.stderr.write(`node ${number}: ${line}\n`);
    },
  });
  nodes.set(number, node);
  say(`Node ${number}: http://127.0.0.1:${node.port} (process ${node.pid})`);
  void node.ended.then(async (code) => {
    nodes.delete(number);
    if (stopping.signal.aborted) return;
    say(`Node ${number} has ended${code === null ? '' : ` with ${code}`}: it is started anew.`);
    await keep(number).catch((error: unknown) => say(String(error)));
  });
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function numberOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  process.stderr.write(`--${name}: expected a number from ${least} to ${most}.\n`);
  process.exit(2);
}
