/**
 * A node of a cluster, from within: its manager, and beside it another member that only owns conversations and has
 * connections, as many as wanted. Arguments: the URLs of an empty database and of Redis, and a folder.
 */
import pg from 'pg';
import { systemClock } from '../../src/clock.ts';
import { openClusterIdentity } from '../../src/cluster/cluster-identity.ts';
import { PostgresMembership } from '../../src/cluster/postgres-membership.ts';
import { RedisPresence } from '../../src/cluster/redis-presence.ts';
import { loadConfig } from '../../src/config/index.ts';
import { createManager } from '../../src/manager/create-manager.ts';
import { until } from '../../test/standalone/harness/until.ts';
import { answerCalls } from '../line.ts';
import { timedEach } from '../measure.ts';
import { type Statement, watchStatements } from './statement-log.ts';

export interface ClusterNodeCalls {
  /** From now on the other member owns so many conversations and has as many connections, ten of each a user. */
  fill(total: number): void;
  /** How long it takes to answer what one user runs and where that user is connected, each in ms. */
  ask(times: number): { loops: number[]; connections: number[] };
  /** Starts loops of new conversations here until there are so many more; resolves when all of them run. */
  own(count: number): void;
  /** The next heartbeats of this node, and what else it says to PostgreSQL meanwhile. */
  heartbeats(count: number): Heartbeats;
}

export interface Heartbeats {
  readonly beats: readonly Statement[];
  /** The rest of membership's, and all others. */
  readonly others: readonly { readonly text: string; readonly count: number; readonly bytes: number }[];
}

const PER_USER = 10;
/** Of the user who asks, on this node. */
const OWN = 5;
const ASKER = 'user-7';
const AT_ONCE = 500;
/** Two heartbeats a second: six to a lease. */
const LEASE_MS = 3_000;
const OWN_WITHIN_MS = 120_000;
const secretKey = 'ab'.repeat(32);

const [databaseUrl = '', redisUrl = '', dataDir = ''] = process.argv.slice(2);
const { config } = loadConfig({
  flags: { dataDir, workspaceDir: `${dataDir}/files`, closeDelayMs: 0, drainGraceMs: 100, leaseMs: LEASE_MS },
  env: { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, CONVENE_SECRET_KEY: secretKey },
  cwd: dataDir,
});
const failed = (error: unknown): void => console.error('cluster node:', error);
const { manager } = await createManager(config, { onError: failed });
await manager.start();
const { id: clusterId } = await openClusterIdentity({
  url: databaseUrl,
  secretKey: Buffer.from(secretKey, 'hex'),
});
const clock = systemClock;
let filled = 0;
const member = new PostgresMembership({
  url: databaseUrl,
  clock,
  nodeUrl: () => null,
  leaseMs: LEASE_MS,
  onWarning: failed,
  onError: failed,
});
await member.start({ load: () => filled, lost: async () => {}, rejoined() {}, died() {} });
const presence = new RedisPresence({
  url: redisUrl,
  clusterId,
  membership: member,
  clock,
  onWarning: failed,
});
await presence.start();
const database = new pg.Client({ connectionString: databaseUrl });
await database.connect();

/** Running, with nothing to do. */
const owned = `
  INSERT INTO conversation (sid, user_id, created_at, updated_at, head, desired, due, owner, epoch, agent_state, title)
  SELECT 'other-' || n, 'user-' || n / ${PER_USER}, n, n, -1, 'running', false, $3, 1, 'awaiting_user_input', ''
  FROM generate_series($1::int, $2::int) AS n`;

let heard: (statement: Statement) => void = () => {};
watchStatements((statement) => heard(statement));
const isBeat = ({ text }: Statement): boolean => text.includes('UPDATE node SET url');

async function inBatches(from: number, to: number, task: (index: number) => Promise<unknown>): Promise<void> {
  for (let first = from; first < to; first += AT_ONCE) {
    const many = Math.min(AT_ONCE, to - first);
    await Promise.all(Array.from({ length: many }, (_, place) => task(first + place)));
  }
}

/** The asker has some here too. */
async function ownOfAsker(): Promise<void> {
  await inBatches(0, OWN, async (index) => {
    await manager.maybeStartAgentLoop(`own-${index}`, null, ASKER);
    await manager.joinConversation(`own-${index}`, `own-connection-${index}`, null, ASKER);
  });
}

answerCalls<ClusterNodeCalls>(
  {
    async fill(total) {
      if (filled === 0) await ownOfAsker();
      await database.query(owned, [filled, total - 1, member.incarnation]);
      await database.query('ANALYZE conversation'); // as autovacuum does before long
      await inBatches(filled, total, (n) =>
        presence.join({
          connectionId: `connection-${n}`,
          sid: `other-${n}`,
          userId: `user-${Math.floor(n / PER_USER)}`,
        }),
      );
      filled = total;
      await until('the other member is known', async () => {
        const loops = await manager.getRunningAgentLoops(ASKER);
        return loops.size === PER_USER + OWN;
      });
    },
    async ask(times) {
      const mustBeAll = ({ size }: { readonly size: number }): void => {
        if (size !== PER_USER + OWN)
          throw new Error(`There are ${PER_USER + OWN}, and ${size} were answered.`);
      };
      return {
        loops: await timedEach(times, async () => mustBeAll(await manager.getRunningAgentLoops(ASKER))),
        connections: await timedEach(times, async () => mustBeAll(await manager.getConnections(ASKER))),
      };
    },
    async own(count) {
      await inBatches(0, count, (index) => manager.maybeStartAgentLoop(`resting-${index}`, null, 'rester'));
      await until(
        'all rest',
        async () => {
          const infos = await manager.getAgentLoopInfo('rester');
          return (
            infos.length === count && infos.every(({ agentState }) => agentState === 'awaiting_user_input')
          );
        },
        { timeoutMs: OWN_WITHIN_MS, everyMs: 200 },
      );
    },
    heartbeats(count) {
      const beats: Statement[] = [];
      const others: Statement[] = [];
      return new Promise<Heartbeats>((resolve) => {
        heard = (statement) => {
          if (statement.text === '') return;
          (isBeat(statement) ? beats : others).push(statement);
          if (beats.length < count) return;
          heard = () => {};
          const byText = Map.groupBy(others, ({ text }) => text.trim().slice(0, 60));
          resolve({
            beats,
            others: [...byText].map(([text, all]) => ({
              text,
              count: all.length,
              bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
            })),
          });
        };
      });
    },
  },
  async () => {
    await presence[Symbol.asyncDispose]();
    await member[Symbol.asyncDispose]();
    await database.end();
    await manager[Symbol.asyncDispose]();
  },
);
