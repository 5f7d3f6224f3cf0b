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

/** Within the database, so that no transaction waits for a node: one that stops in the middle would hold the lock. */
const writeFunction = `
CREATE OR REPLACE FUNCTION convene_write_blob(name text, folders text[], written bytea) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  -- One writer at a time, so that no two make a key a blob and a folder at once.
  PERFORM pg_advisory_xact_lock(hashtext('convene.blob'));
  IF EXISTS (SELECT 1 FROM blob WHERE key = ANY (folders))
    OR EXISTS (SELECT 1 FROM blob WHERE key > name || '/' AND key < name || '0')
  THEN
    RETURN false;
  END IF;
  INSERT INTO blob (key, content) VALUES (name, written)
  ON CONFLICT (key) DO UPDATE SET content = excluded.content;
  RETURN true;
END $$`;

/** Keys sort by their bytes, so what lies below a folder lies between `folder/` and `folder0` (`0` follows `/`). */
const sql = {
  // Two nodes that make it at once: the second finds it made.
  create: `
    BEGIN;
    SELECT pg_advisory_xact_lock(hashtext('convene.blob'));
    CREATE TABLE IF NOT EXISTS blob (key text COLLATE "C" PRIMARY KEY, content bytea NOT NULL);
    ${writeFunction};
    COMMIT`,
  read: 'SELECT content FROM blob WHERE key = $1',
  write: 'SELECT convene_write_blob($1, $2, $3) AS written',
  exists: 'SELECT 1 FROM blob WHERE key = $1',
  listAll: 'SELECT key FROM blob',
  list: "SELECT key FROM blob WHERE key > $1 || '/' AND key < $1 || '0'",
  remove: 'DELETE FROM blob WHERE key = $1 RETURNING key',
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
    const bytes = Buffer.from(content);
    const [row] = await this.#query(sql.write, [key, folders, bytes]);
    if (row?.['written'] !== true) throw fileConflict(key);
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
    return (await this.#query(sql.remove, [key])).length > 0;
  }

  async #query(text: string, values: readonly unknown[]): Promise<Record<string, unknown>[]> {
    await this.#opened();
    return this.#guarded(async () => (await this.#pool.query(text, [...values])).rows);
  }

  /** Makes the table, once; after a failure it is tried again by the next call. */
  #opened(): Promise<void> {
    this.#ready ??= this.#guarded(async () => {
      await this.#pool.query(sql.create);
    }).catch((error: unknown) => {
      this.#ready = null;
      throw error;
    });
    return this.#ready;
  }

  async #guarded<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (cause) {
      throw new ConveneError('store_unavailable', 'The files cannot be reached.', { cause });
    }
  }
}
