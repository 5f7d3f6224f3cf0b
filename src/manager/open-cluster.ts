/** Opens what a node shares with the others: PostgreSQL, where everything is kept, and Redis, which only makes it fast. */
import { systemClock } from '../clock.ts';
import { openClusterIdentity } from '../cluster/cluster-identity.ts';
import { PostgresMembership } from '../cluster/postgres-membership.ts';
import { PostgresTakeovers } from '../cluster/postgres-takeovers.ts';
import { RedisBus } from '../cluster/redis-bus.ts';
import { RedisPresence } from '../cluster/redis-presence.ts';
import type { Takeovers } from '../cluster/takeovers.ts';
import { type Config, ownWorkspaces } from '../config/index.ts';
import { ConveneError } from '../errors.ts';
import { ReleaseStack } from '../release-stack.ts';
import type { FileStore } from '../store/file-store.ts';
import { PostgresEventStore } from '../store/postgres/postgres-event-store.ts';
import { PostgresFileStore } from '../store/postgres-file-store.ts';
import { secretKey } from '../store/secret-key.ts';
import type { CreateManagerOptions } from './create-manager.ts';
import type { ManagerPorts } from './manager-options.ts';

export interface OpenCluster {
  readonly key: Uint8Array;
  readonly ports: Pick<ManagerPorts, 'store' | 'bus' | 'membership' | 'presence'>;
  readonly takeovers: Takeovers;
  readonly fileStore: FileStore;
  /** Whether the folder of workspaces is one that all nodes have. */
  readonly sharesWorkspaces: boolean;
}

/** `opened` releases what is opened here. Throws `invalid_config`, `store_incompatible`, `store_unavailable`. */
export async function openCluster(
  config: Readonly<Config>,
  {
    clock = systemClock,
    fileStore,
    onError,
    onWarning = asProcessWarning,
    url: nodeUrl = () => null,
  }: CreateManagerOptions,
  opened: ReleaseStack,
): Promise<OpenCluster> {
  const url = given(config.databaseUrl, 'databaseUrl', 'DATABASE_URL');
  const redisUrl = given(config.redisUrl, 'redisUrl', 'REDIS_URL');
  const key = await secretKey(config.dataDir, given(config.secretKey, 'secretKey', 'CONVENE_SECRET_KEY'));
  const warn = (what: string) => (message: string) => onWarning(message, what);
  const sharesWorkspaces = config.workspaceDir !== ownWorkspaces(config.dataDir);
  if (!sharesWorkspaces) {
    onWarning(
      'No --workspace-dir that all nodes share: who takes a conversation over finds none of its files.',
      'cluster',
    );
  }
  const store = opened.use(
    new PostgresEventStore({
      url,
      poolSize: config.databasePoolSize,
      statementTimeoutMs: config.databaseTimeoutMs,
      onWarning: (error) => onError(error, 'event store'),
    }),
  );
  await store.open();
  const { id: clusterId } = await openClusterIdentity({ url, secretKey: key });
  // The manager releases these three itself, in its own order, once it has them.
  await using handedOver = new ReleaseStack();
  const membership = handedOver.use(
    new PostgresMembership({
      url,
      clock,
      nodeUrl: () => config.nodeUrl ?? nodeUrl(),
      leaseMs: config.leaseMs,
      onWarning: warn('membership'),
      onError: (error) => onError(error, 'membership'),
    }),
  );
  const bus = handedOver.use(new RedisBus({ url: redisUrl, clusterId, clock, onWarning: warn('bus') }));
  await bus.start();
  const presence = handedOver.use(
    new RedisPresence({ url: redisUrl, clusterId, membership, clock, onWarning: warn('presence') }),
  );
  const takeovers = opened.use(new PostgresTakeovers({ url, clock, onWarning: warn('takeovers') }));
  handedOver.move();
  return {
    key,
    ports: { store, bus, membership, presence },
    takeovers,
    sharesWorkspaces,
    fileStore: fileStore ?? opened.use(new PostgresFileStore({ url })),
  };
}

function asProcessWarning(message: string, what: string): void {
  process.emitWarning(`${what}: ${message}`, 'Convene');
}

/** A cluster needs all of them. */
function given(value: string | null, key: string, name: string): string {
  if (value !== null) return value;
  const message = `A node of a cluster needs DATABASE_URL, REDIS_URL and CONVENE_SECRET_KEY: ${name} is not set.`;
  throw new ConveneError('invalid_config', message, { details: { key } });
}
