/** What a node of a cluster needs: PostgreSQL, Redis, the secret key that all nodes have, and a folder that all share. */
import pg from 'pg';
import { createClient } from 'redis';
import { type Config, ownWorkspaces } from '../../config/index.ts';
import { broken, type Check, ok, reasonOf, warning } from './check.ts';

const TIMEOUT_MS = 5_000;
const LEAST_VERSION = 150_000;

export async function checkCluster(config: Readonly<Config>): Promise<Check[]> {
  return [
    checkKey(config.secretKey),
    await checkPostgres(config.databaseUrl),
    await checkRedis(config.redisUrl),
    checkWorkspaces(config),
  ];
}

function checkKey(key: string | null): Check {
  if (key !== null) return ok('secret key', 'is set');
  return broken(
    'secret key',
    'is not set',
    'Set CONVENE_SECRET_KEY to the same 64 hexadecimal digits on every node.',
  );
}

async function checkPostgres(url: string | null): Promise<Check> {
  const name = 'PostgreSQL';
  if (url === null) return broken(name, 'is not named', 'Set DATABASE_URL, the same on every node.');
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  client.on('error', () => {}); // the question below fails too
  try {
    await client.connect();
    const { rows } = await client.query<{ number: string; version: string }>(
      "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version",
    );
    const version = rows[0]?.version ?? 'of unknown version';
    if (Number(rows[0]?.number) >= LEAST_VERSION) return ok(name, `${version} answers`);
    return broken(name, `${version} answers`, 'Install PostgreSQL 15 or newer.');
  } catch (error) {
    return broken(name, `can’t be asked: ${reasonOf(error)}`, 'Start it, or put DATABASE_URL right.');
  } finally {
    await client.end();
  }
}

async function checkRedis(url: string | null): Promise<Check> {
  const name = 'Redis';
  if (url === null) return broken(name, 'is not named', 'Set REDIS_URL, the same on every node.');
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: TIMEOUT_MS } });
  client.on('error', () => {}); // the question below fails too
  try {
    await client.connect();
    const memory = await client.info('memory');
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'noeviction';
    if (policy === 'noeviction') return ok(name, 'answers');
    const mend = 'Set maxmemory-policy to noeviction: otherwise it forgets who watches.';
    return warning(name, `answers; its policy is ${policy}`, mend);
  } catch (error) {
    return broken(name, `can’t be asked: ${reasonOf(error)}`, 'Start it, or put REDIS_URL right.');
  } finally {
    client.destroy();
  }
}

function checkWorkspaces({ dataDir, workspaceDir }: Readonly<Config>): Check {
  const name = 'workspaces';
  if (workspaceDir !== ownWorkspaces(dataDir))
    return ok(name, `${workspaceDir}, on every node the same folder`);
  const mend = 'Name a folder that all nodes share with --workspace-dir: else a takeover finds no files.';
  return warning(name, 'are on this machine only', mend);
}
