import { afterAll, beforeAll } from 'vitest';
import { PostgresServer } from '../../scripts/servers/postgres.ts';
import { RedisServer } from '../../scripts/servers/redis.ts';
import { openClusterIdentity } from '../../src/cluster/cluster-identity.ts';
import { PostgresMembership } from '../../src/cluster/postgres-membership.ts';
import { RedisBus } from '../../src/cluster/redis-bus.ts';
import { RedisPresence } from '../../src/cluster/redis-presence.ts';
import { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts';
import { Link } from '../fixtures/link.ts';
import { twoNodes } from './cluster-harness.ts';
import { conversationManagerConformance } from './conversation-manager.ts';

const leaseMs = 1_500;
let postgres: PostgresServer;
let redis: RedisServer;

beforeAll(async () => {
  postgres = await PostgresServer.start();
  redis = await RedisServer.start();
}, 400_000);
afterAll(async () => {
  await redis?.[Symbol.asyncDispose]();
  await postgres?.[Symbol.asyncDispose]();
});

conversationManagerConformance(
  'two nodes, on PostgreSQL and Redis',
  twoNodes(async ({ clock }) => {
    const url = await postgres.createDatabase();
    const { id: clusterId } = await openClusterIdentity({ url, secretKey: new Uint8Array(32) });
    return {
      async node({ onError }) {
        const store = new PostgresEventStore({ url });
        await store.open();
        const link = await Link.to(url);
        const silent = { clock, onWarning: () => {} };
        const membership = new PostgresMembership({
          ...silent,
          url: link.url,
          leaseMs,
          nodeUrl: () => null,
          onError: (error) => onError(error, 'membership'),
        });
        const bus = new RedisBus({ ...silent, url: redis.url, clusterId });
        await bus.start();
        const presence = new RedisPresence({ ...silent, url: redis.url, clusterId, membership });
        return {
          store,
          bus,
          membership,
          presence,
          // Of a process that dies, the connections break.
          async die() {
            link.cut();
            await presence[Symbol.asyncDispose]();
            await bus[Symbol.asyncDispose]();
          },
          async close() {
            await membership[Symbol.asyncDispose]();
            await store[Symbol.asyncDispose]();
            await link[Symbol.asyncDispose]();
          },
        };
      },
      async [Symbol.asyncDispose]() {},
    };
  }),
);
