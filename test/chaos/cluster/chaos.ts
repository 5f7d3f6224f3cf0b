/**
 * A cluster of real processes under chaos: three nodes on PostgreSQL and Redis, people who write and read through all of
 * them, and one fault after the other. Everybody writes down what they sent, were promised and saw; at the end the log is
 * held against it.
 */
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { RoundRobin } from '../../../scripts/cluster/round-robin.ts';
import { ReleaseStack } from '../../../src/release-stack.ts';
import { Cluster } from '../../cluster/cluster.ts';
import { Api } from '../../standalone/harness/api.ts';
import { Random } from '../../standalone/harness/random.ts';
import { pause, until } from '../../standalone/harness/until.ts';
import { Ledger } from '../ledger.ts';
import { ChaosNode } from './chaos-node.ts';
import { type Fault, faults, type Scene } from './faults.ts';
import { Load, type Timed } from './load.ts';

export interface ChaosOptions {
  readonly seed: number;
  /** The run ends with the fault that is over when either is reached. */
  readonly faults: number;
  readonly minutes: number;
  /** @default all */
  readonly kinds?: readonly string[];
  /** @default 2000 */
  readonly leaseMs?: number;
  /** Told each line of the report as it comes. */
  readonly say: (line: string) => void;
}

export interface ChaosReport {
  readonly violations: readonly string[];
  readonly faults: readonly StruckFault[];
  readonly acknowledgements: number;
  readonly events: number;
  readonly commands: number;
}

export interface StruckFault {
  readonly kind: string;
  /** The longest time from sending to acknowledgement, and to the answer of the last command, in ms. */
  readonly longestAckMs: number;
  readonly longestTurnMs: number;
}

const NODES = 3;
const CONVERSATIONS = 6;
const CLIENTS = 12;
/** So soon after a fault is over everybody must have been served again, in ms. */
const RECOVERY_MS = 30_000;
const CALM_MS = 300;

export async function chaos({ leaseMs = 2_000, ...options }: ChaosOptions): Promise<ChaosReport> {
  const { say, seed } = options;
  const random = new Random(seed);
  await using stack = new ReleaseStack();
  const cluster = stack.use(await Cluster.start());
  const places: ChaosNode[] = [];
  for (let number = 1; number <= NODES; number += 1) {
    const node = await ChaosNode.make({
      number,
      dataDir: cluster.file(`node-${number}`),
      workspaceDir: cluster.file('workspaces'),
      env: {
        ...cluster.env,
        CONVENE_LEASE_MS: String(leaseMs),
        CONVENE_DRAIN_GRACE_MS: '1000',
        CONVENE_LOG_LEVEL: 'warn',
      },
      databaseUrl: cluster.env['DATABASE_URL'] ?? '',
      redisUrl: cluster.redis.url,
    });
    places.push(stack.use(node));
    await node.start();
  }
  const [first, ...others] = places;
  if (first === undefined) throw new Error('There are no nodes.');
  const nodes = [first, ...others] as const;
  const proxy = stack.use(await RoundRobin.listen(() => nodes.flatMap(({ port }) => port ?? []), 0));
  await cluster.settled(leaseMs);
  const api = new Api(proxy.url);
  const sids: string[] = [];
  while (sids.length < CONVERSATIONS) sids.push(await api.create());
  const ledger = new Ledger();
  const namesFile = cluster.file('names');
  const load = stack.use(new Load({ url: proxy.url, ledger, random, namesFile, sids, clients: CLIENTS }));
  load.start();

  const scene: Scene = { nodes, postgres: cluster.postgres, redis: cluster.redis, random, leaseMs };
  const begun = performance.now();
  const struck: StruckFault[] = [];
  const violations: string[] = [];
  for (const fault of order(random, options.kinds)) {
    if (struck.length >= options.faults || performance.now() - begun > options.minutes * 60_000) break;
    await pause(CALM_MS);
    const from = performance.now();
    const what = await fault.strike(scene).catch((error: unknown) => {
      violations.push(`${fault.kind}: ${String(error)}`);
      return 'failed';
    });
    const over = performance.now();
    const served = await servedSince(load, over);
    if (!served)
      violations.push(`${fault.kind} (${what}): not everybody was served within ${RECOVERY_MS} ms`);
    const figures = longest(load.timed, from, performance.now());
    struck.push({ kind: fault.kind, ...figures });
    say(
      `+${((from - begun) / 1000).toFixed(1).padStart(7)} s  ${fault.kind.padEnd(24)} ${what}; ` +
        `longest wait for an acknowledgement ${figures.longestAckMs} ms, for an answer ${figures.longestTurnMs} ms`,
    );
    if (!served) break;
  }

  await Promise.race([load.stop(), pause(RECOVERY_MS)]);
  const read = async (): Promise<void> => ledger.read(sids, (sid, start) => api.events(sid, start));
  await until(
    'everything answered',
    async () => {
      await read();
      return sids.every((sid) => ledger.left(sid).length === 0);
    },
    { timeoutMs: 2 * RECOVERY_MS, everyMs: 300 },
  ).catch(() => {
    violations.push(
      ...sids.flatMap((sid) => ledger.left(sid).map((what) => `${sid}: still to come: ${what}`)),
    );
  });
  await Promise.all(
    load.clients.map(async (client) => {
      const end = ledger.log(client.sid).length - 1;
      await client.until(`event ${end}`, () => client.cursor >= end).catch(() => {}); // `shown` says it
    }),
  );
  const names = (await readFile(namesFile, 'utf8')).split('\n').filter((line) => line !== '');
  violations.push(
    ...load.wrong,
    ...nodes.flatMap(({ lastWords }) => lastWords),
    ...ledger.lost(),
    ...ledger.gaps(),
    ...ledger.repeated(),
    ...ledger.commands(names),
    ...ledger.unanswered(),
    ...ledger.shown(load.clients),
    ...(await writers(cluster.env['DATABASE_URL'] ?? '')),
    ...(await differences(ledger, sids, nodes)),
  );
  return {
    violations,
    faults: struck,
    acknowledgements: ledger.acknowledgements,
    events: [...ledger.logs.values()].flat().length,
    commands: names.length,
  };
}

/** Each kind once, in an order of chance, again and again. */
function* order(random: Random, kinds: readonly string[] = faults.map(({ kind }) => kind)): Generator<Fault> {
  for (;;) {
    const left = faults.filter(({ kind }) => kinds.includes(kind));
    if (left.length === 0) throw new Error(`There is no such fault: ${kinds.join(', ')}.`);
    while (left.length > 0) yield* left.splice(random.between(0, left.length - 1), 1);
  }
}

/** Resolves when every client has something acknowledged and met that it sent since then; false where that takes too long. */
async function servedSince(load: Load, since: number): Promise<boolean> {
  const isServed = (client: Load['clients'][number]): boolean =>
    load.timed.some((one) => one.client === client && one.sentAt >= since && metAt(one) !== null);
  return until('everybody is served', () => load.clients.every(isServed), {
    timeoutMs: RECOVERY_MS,
    everyMs: 50,
  }).catch(() => false);
}

/** When the client saw the answer to the last command, or the acknowledgement where there is none; null: not yet. */
function metAt({ acknowledgedAt, client, sending }: Timed): number | null {
  const last = sending.names.at(-1);
  if (last === undefined || acknowledgedAt === null) return acknowledgedAt;
  const action = client.events.findLast((event) => {
    const command = event.action === 'run' ? event.args?.['command'] : undefined;
    return typeof command === 'string' && command.includes(last);
  });
  if (action === undefined) return null;
  const answer = client.events.findLast(
    (event) => event.observation !== undefined && event.cause === action.id,
  );
  return answer === undefined ? null : client.timeOf(answer);
}

function longest(
  timed: readonly Timed[],
  from: number,
  to: number,
): Pick<StruckFault, 'longestAckMs' | 'longestTurnMs'> {
  const those = timed.filter(
    ({ acknowledgedAt, sentAt }) => sentAt <= to && (acknowledgedAt ?? to) >= from && sentAt >= from - 1_000,
  );
  const most = (ends: (one: Timed) => number | null): number =>
    Math.round(Math.max(0, ...those.map((one) => (ends(one) ?? to) - one.sentAt)));
  return { longestAckMs: most(({ acknowledgedAt }) => acknowledgedAt), longestTurnMs: most(metAt) };
}

/** Who wrote which event, as the database knows it: no loop wrote after a newer one. */
async function writers(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // The key of a loop's batch carries the epoch, and stands in its first row.
    const { rows } = await client.query<{ conversation: string; id: string; key: string }>(
      "SELECT conversation, id, key FROM event WHERE writer = 'loop' AND key IS NOT NULL ORDER BY conversation, id",
    );
    const newest = new Map<string, number>();
    const late = rows.flatMap(({ conversation, id, key }) => {
      const epoch = Number.parseInt(key, 10);
      const before = newest.get(conversation) ?? 0;
      newest.set(conversation, Math.max(before, epoch));
      return epoch >= before
        ? []
        : [`conversation ${conversation}: ${id} is of epoch ${epoch}, after ${before}`];
    });
    return newest.size === 0 ? ['no loop has written anything'] : late;
  } finally {
    await client.end();
  }
}

/** What the nodes answer must be the same. */
async function differences(
  ledger: Ledger,
  sids: readonly string[],
  nodes: readonly ChaosNode[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const node of nodes) {
    if (!node.runs) wrong.push(`node ${node.number} does not run any more`);
    for (const sid of node.runs ? sids : []) {
      const log = await node.process.api.events(sid);
      if (JSON.stringify(log) !== JSON.stringify(ledger.log(sid)))
        wrong.push(`node ${node.number}: another ${sid}`);
    }
  }
  return wrong;
}
