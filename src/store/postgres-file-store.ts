/**
 * `FileStore` in PostgreSQL: one table of blobs by key. Every node of a cluster has the same, without a shared folder.
 * For blobs of some megabytes at most: each is read and written as a whole.
 */
import pg from 'pg';
import { ConveneError } from '../errors.ts';
import { type FileStore, fileConflict, fileNotFound, segmentsOf } from './file-store.ts';

export interface PostgresFileStoreOptions {
  readonly url: string;
  /** How many connections it may have. @default 2 */
  readonly poolSize?: number;
  /** @default 10000 */
  readonly timeoutMs?: number;
}

/** Keys sort by their bytes, so what lies below a folder lies between `folder/` and `folder0` (`0` follows `/`). */
const sql = {
  table: 'CREATE TABLE IF NOT EXISTS blob (key text COLLATE "C" PRIMARY KEY, content bytea NOT NULL)',
  read: 'SELECT content FROM blob WHERE key = $1',
  // One writer at a time, so that no two make a key a blob and a folder at once.
  lock: "SELECT pg_advisory_xact_lock(hashtext('convene.blob'))",
  conflict: `
    SELECT 1 FROM blob WHERE key = ANY($1) UNION ALL
    (SELECT 1 FROM blob WHERE key > $2 || '/' AND key < $2 || '0' LIMIT 1)`,
  write: `
    INSERT INTO blob (key, content) VALUES ($1, $2)
    ON CONFLICT (key) DO UPDATE SET content = excluded.content`,
  exists: 'SELECT 1 FROM blob WHERE key = $1',
  listAll: 'SELECT key FROM blob',
  list: "SELECT key FROM blob WHERE key > $1 || '/' AND key < $1 || '0'",
  remove: 'DELETE FROM blob WHERE key = $1',
} as const;

export class PostgresFileStore implements FileStore, AsyncDisposable {
  readonly #pool: pg.Pool;
  #ready: Promise<void> | null = null;

  constructor({ poolSize = 2, timeoutMs = 10_000, url }: PostgresFileStoreOptions) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: poolSize,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      statement_timeout: timeoutMs,
    });
    this.#pool.on('error', () => {}); // an idle connection broke: the next call takes another one
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }

  async read(key: string): Promise<Uint8Array> {
    segmentsOf(key);
    const [row] = await this.#query(sql.read, [key]);
    const content = row?.['content'];
    if (!(content instanceof Uint8Array)) throw fileNotFound(key);
    return new Uint8Array(content);
  }

  async write(key: string, content: Uint8Array | string): Promise<void> {
    const segments = segmentsOf(key);
    const folders = segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'));
    const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.from(content);
    await this.#opened();
    await this.#guarded(async () => {
      const client = await this.#pool.connect();
      let failure: unknown = null;
      try {
        await client.query('BEGIN');
        await client.query(sql.lock);
        const conflicts = await client.query(sql.conflict, [folders, key]);
        if (conflicts.rows.length > 0) throw fileConflict(key);
        await client.query(sql.write, [key, bytes]);
        await client.query('COMMIT');
      } catch (error) {
        failure = error;
        throw error;
      } finally {
        // One that failed in the middle is not used again: its end rolls back.
        client.release(failure !== null);
      }
    });
  }

  async exists(key: string): Promise<boolean> {
    segmentsOf(key);
    return (await this.#query(sql.exists, [key])).length > 0;
  }

  async list(prefix: string): Promise<string[]> {
    if (prefix !== '') segmentsOf(prefix);
    const rows = prefix === '' ? await this.#query(sql.listAll, []) : await this.#query(sql.list, [prefix]);
    return rows.flatMap(({ key }) => (typeof key === 'string' ? [key] : [])).sort();
  }

  async delete(key: string): Promise<boolean> {
    segmentsOf(key);
    await this.#opened();
    return this.#guarded(async () => ((await this.#pool.query(sql.remove, [key])).rowCount ?? 0) > 0);
  }

  async #query(text: string, values: readonly unknown[]): Promise<Record<string, unknown>[]> {
    await this.#opened();
    return this.#guarded(async () => (await this.#pool.query(text, [...values])).rows);
  }

  /** Makes the table, once; after a failure it is tried again by the next call. */
  #opened(): Promise<void> {
    this.#ready ??= this.#guarded(() => this.#create()).catch((error: unknown) => {
      this.#ready = null;
      throw error;
    });
    return this.#ready;
  }

  /** Two nodes that make it at once: the second finds it made. */
  async #create(): Promise<void> {
    const client = await this.#pool.connect();
    try {
      await client.query(`BEGIN; ${sql.lock}; ${sql.table}; COMMIT`);
    } finally {
      client.release();
    }
  }

  async #guarded<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof ConveneError) throw error;
      throw new ConveneError('store_unavailable', 'The files cannot be reached.', { cause: error });
    }
  }
}
