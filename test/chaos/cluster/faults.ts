/** What may befall a cluster: each fault begins, lasts, and is over when its function resolves. */
import type { PostgresServer } from '../../../scripts/servers/postgres.ts';
import type { RedisServer } from '../../../scripts/servers/redis.ts';
import type { Random } from '../../standalone/harness/random.ts';
import { pause } from '../../standalone/harness/until.ts';
import type { ChaosNode } from './chaos-node.ts';

export interface Scene {
  readonly nodes: readonly [ChaosNode, ...ChaosNode[]];
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  readonly random: Random;
  readonly leaseMs: number;
}

export interface Fault {
  readonly kind: string;
  /** Answers what exactly it did, for the report. Throws what must not happen. */
  readonly strike: (scene: Scene) => Promise<string>;
}

/** Kinds that a run has at least one of each, in an order that the seed chooses. */
export const faults: readonly [Fault, ...Fault[]] = [
  {
    kind: 'kill -9',
    async strike({ nodes, random }) {
      const node = random.pick(nodes);
      await node.kill();
      const ms = random.between(0, 1_500);
      await pause(ms);
      await node.start();
      return `node ${node.number}, started anew after ${ms} ms`;
    },
  },
  {
    kind: 'pause',
    strike: (scene) => paused(scene, scene.leaseMs + scene.random.between(500, 3_000)),
  },
  {
    kind: 'short pause',
    strike: (scene) => paused(scene, scene.random.between(100, Math.round(scene.leaseMs / 2))),
  },
  {
    kind: 'cut off from PostgreSQL',
    strike: (scene) => apart(scene, 'database', 'cut', scene.random.between(50, 2 * scene.leaseMs)),
  },
  {
    kind: 'silence to PostgreSQL',
    strike: (scene) => apart(scene, 'database', 'hold', scene.random.between(50, 2 * scene.leaseMs)),
  },
  {
    kind: 'cut off from Redis',
    strike: (scene) => apart(scene, 'redis', 'cut', scene.random.between(50, 3_000)),
  },
  {
    kind: 'silence to Redis',
    strike: (scene) => apart(scene, 'redis', 'hold', scene.random.between(50, 3_000)),
  },
  {
    kind: 'restart of PostgreSQL',
    async strike({ postgres, random }) {
      const how = random.chance(0.5) ? 'fast' : 'immediate';
      await postgres.stop(how);
      const ms = random.between(0, 2_000);
      await pause(ms);
      await postgres.start();
      return `${how}, away for ${ms} ms`;
    },
  },
  {
    kind: 'restart of Redis',
    async strike({ random, redis }) {
      await redis.stop();
      const ms = random.between(0, 3_000);
      await pause(ms);
      await redis.start();
      return `away for ${ms} ms`;
    },
  },
  {
    kind: 'pause of Redis',
    async strike({ random, redis }) {
      redis.pause();
      const ms = random.between(100, 3_000);
      await pause(ms);
      redis.resume();
      return `${ms} ms`;
    },
  },
  {
    kind: 'flush of Redis',
    async strike({ redis }) {
      await redis.flush();
      return 'all of it';
    },
  },
  {
    kind: 'drain',
    async strike({ nodes, random }) {
      const node = random.pick(nodes);
      await replaced(node);
      return `node ${node.number}`;
    },
  },
  {
    kind: 'rolling restart',
    async strike({ nodes }) {
      for (const node of nodes) await replaced(node);
      return 'all nodes';
    },
  },
];

async function paused({ nodes, random }: Scene, ms: number): Promise<string> {
  const node = random.pick(nodes);
  node.process.signal('SIGSTOP');
  await pause(ms);
  node.process.signal('SIGCONT');
  return `node ${node.number}, ${ms} ms`;
}

async function apart(
  { nodes, random }: Scene,
  from: 'database' | 'redis',
  how: 'cut' | 'hold',
  ms: number,
): Promise<string> {
  const node = random.pick(nodes);
  node[from][how]();
  await pause(ms);
  node[from].restore();
  return `node ${node.number}, ${ms} ms`;
}

/** As a deployment does it. */
async function replaced(node: ChaosNode): Promise<void> {
  const code = await node.stop();
  if (code !== 0) throw new Error(`Node ${node.number} was told to stop and ended with ${code}.`);
  await node.start();
}
