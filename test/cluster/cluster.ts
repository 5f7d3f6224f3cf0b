/** Real nodes as processes, on a PostgreSQL and a Redis of their own. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type PostgresOptions, PostgresServer } from '../../scripts/servers/postgres.ts';
import { RedisServer } from '../../scripts/servers/redis.ts';
import { ReleaseStack } from '../../src/release-stack.ts';
import { ServerProcess } from '../standalone/harness/server-process.ts';
import { TemporaryFolder } from '../standalone/harness/temporary-folder.ts';
import { until } from '../standalone/harness/until.ts';

export interface ClusterOptions extends PostgresOptions {
  /** Whether all nodes have one folder of workspaces. @default true */
  readonly sharesWorkspaces?: boolean;
  /** The caller's, for its files. @default one of its own */
  readonly folder?: TemporaryFolder;
}

export interface NodeOptions {
  /** Where this node reaches them, if not where they are. */
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
  readonly drainGraceMs?: number;
  /** More flags of `serve`. */
  readonly args?: readonly string[];
}

export class Cluster implements AsyncDisposable {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  readonly databaseUrl: string;
  readonly #folder: TemporaryFolder;
  readonly #stack: ReleaseStack;
  readonly #sharesWorkspaces: boolean;
  readonly #key = randomBytes(32).toString('hex');
  #started = 0;

  private constructor(
    postgres: PostgresServer,
    redis: RedisServer,
    databaseUrl: string,
    folder: TemporaryFolder,
    stack: ReleaseStack,
    sharesWorkspaces: boolean,
  ) {
    this.postgres = postgres;
    this.redis = redis;
    this.databaseUrl = databaseUrl;
    this.#folder = folder;
    this.#stack = stack;
    this.#sharesWorkspaces = sharesWorkspaces;
  }

  static async start({
    folder: given,
    sharesWorkspaces = true,
    ...options
  }: ClusterOptions = {}): Promise<Cluster> {
    await using stack = new ReleaseStack();
    const folder = given ?? stack.use(await TemporaryFolder.make());
    const postgres = stack.use(await PostgresServer.start({ durable: true, ...options }));
    const redis = stack.use(await RedisServer.start());
    const databaseUrl = await postgres.createDatabase();
    return new Cluster(postgres, redis, databaseUrl, folder, stack.move(), sharesWorkspaces);
  }

  /** What makes a process one of this cluster. */
  get env(): Readonly<Record<string, string>> {
    return {
      DATABASE_URL: this.databaseUrl,
      REDIS_URL: this.redis.url,
      CONVENE_SECRET_KEY: this.#key,
    };
  }

  /** One more node. */
  async node({
    args = [],
    databaseUrl = this.databaseUrl,
    drainGraceMs = 200,
    redisUrl = this.redis.url,
  }: NodeOptions = {}): Promise<ServerProcess> {
    this.#started += 1;
    return this.#stack.use(
      await ServerProcess.start({
        dataDir: this.#folder.file(`node-${this.#started}`),
        args: [
          ...(this.#sharesWorkspaces ? ['--workspace-dir', this.#folder.file('workspaces')] : []),
          ...args,
        ],
        env: {
          ...this.env,
          DATABASE_URL: databaseUrl,
          REDIS_URL: redisUrl,
          CONVENE_DRAIN_GRACE_MS: String(drainGraceMs),
        },
      }),
    );
  }

  /** Resolves once deaths count: for one lease after its start, the database's word on locks is not trusted. */
  async settled(leaseMs: number): Promise<void> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    await client.connect();
    try {
      await until('the database is old enough', async () => {
        const age =
          'SELECT extract(epoch FROM clock_timestamp() - pg_postmaster_start_time()) * 1000 > $1 AS old';
        return (await client.query<{ old: boolean }>(age, [leaseMs + 200])).rows[0]?.old === true;
      });
    } finally {
      await client.end();
    }
  }

  /** A path in a folder that goes with it. */
  file(name: string): string {
    return this.#folder.file(name);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack[Symbol.asyncDispose]();
  }
}
