/** A private PostgreSQL for tests, benchmarks and `npm run cluster`. */
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { programOf } from './binaries.ts';
import { freePort, run, ServerProcess, started } from './server-process.ts';

export interface PostgresOptions {
  /** Whether a commit waits for the disk, as in production. @default false */
  readonly durable?: boolean;
  /** More settings, as in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

let databases = 0;

export class PostgresServer implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  readonly #process: ServerProcess;

  private constructor(port: number, folder: string, process: ServerProcess) {
    this.port = port;
    this.#folder = folder;
    this.#process = process;
  }

  static async start({ durable = false, settings = {} }: PostgresOptions = {}): Promise<PostgresServer> {
    const [postgres, initdb] = [
      await programOf('postgres', 'postgresql'),
      await programOf('initdb', 'postgresql'),
    ];
    const folder = await mkdtemp(path.join(tmpdir(), 'convene-postgres-'));
    const user = await unprivileged();
    if (user !== null) await chown(folder, user.uid, user.gid);
    const data = path.join(folder, 'data');
    const init = ['-D', data, '-U', 'convene', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
    await run(initdb, init, { cwd: folder, ...(user ?? {}) });
    const port = await freePort();
    const all = {
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: folder,
      max_connections: '200',
      fsync: durable ? 'on' : 'off',
      synchronous_commit: durable ? 'on' : 'off',
      full_page_writes: durable ? 'on' : 'off',
      ...settings,
    };
    const process = new ServerProcess({
      command: postgres,
      args: ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      cwd: folder,
      user,
      isReady: () => query(urlOf(port, 'postgres'), 'SELECT 1'),
    });
    return started(new PostgresServer(port, folder, process), process);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Of the server's own database, in which nothing of ours lies. */
  get url(): string {
    return urlOf(this.port, 'postgres');
  }

  /** The URL of a new, empty database. `settings`: of all its sessions. */
  async createDatabase(settings: Readonly<Record<string, string>> = {}): Promise<string> {
    const url = await createDatabase(this.url);
    const name = new URL(url).pathname.slice(1);
    for (const [setting, value] of Object.entries(settings)) {
      await query(this.url, `ALTER DATABASE ${name} SET ${setting} = ${value}`);
    }
    return url;
  }

  /** `immediate` is as a crash: connections break, and the next start recovers. */
  async stop(how: 'fast' | 'immediate' = 'fast'): Promise<void> {
    await this.#process.end(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
  }

  start(): Promise<void> {
    return this.#process.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.end('SIGINT');
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A new, empty database on the server of `url`; answers its URL. */
export async function createDatabase(url: string): Promise<string> {
  databases += 1;
  const name = `convene_${process.pid}_${Date.now()}_${databases}`;
  await query(url, `CREATE DATABASE ${name}`);
  const created = new URL(url);
  created.pathname = `/${name}`;
  return created.href;
}

/** Removes the database of `url`, whoever is connected to it. */
export async function dropDatabase(url: string): Promise<void> {
  const parent = new URL(url);
  const name = parent.pathname.slice(1);
  parent.pathname = '/postgres';
  await query(parent.href, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
}

function urlOf(port: number, database: string): string {
  return `postgres://convene@127.0.0.1:${port}/${database}`;
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made, or as nobody. */
async function unprivileged(): Promise<{ uid: number; gid: number } | null> {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = [await run('id', ['-u', name]), await run('id', ['-g', name])];
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // There is no such user: the next one.
    }
  }
  throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody.');
}
