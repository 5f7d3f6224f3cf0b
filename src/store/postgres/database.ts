/**
 * How the store reaches PostgreSQL: a pool of connections, and what their failures mean. A read that lost its
 * connection is asked once more; a write is not, because it may have happened.
 */
import pg from 'pg';
import { ConveneError } from '../../errors.ts';
import type { Row } from '../rows.ts';
import { migrate } from './migrations.ts';

export interface DatabaseOptions {
  readonly url: string;
  /** Connections at most. @default 10 */
  readonly poolSize?: number;
  /** A statement that takes longer is given up, in ms. @default 10000 */
  readonly statementTimeoutMs?: number;
  /** @default 5000 */
  readonly connectTimeoutMs?: number;
  /** Told of connections that break while nobody uses them. */
  readonly onWarning?: (error: ConveneError) => void;
}

/** Beyond the statement's own time-out, for a server that does not answer at all, in ms. */
const SILENCE_MS = 2_000;
/** A new connection costs the server about 20 ms of its processor: much just when there is much to do. */
const IDLE_MS = 600_000;
/** SQLSTATEs after which nobody knows whether the statement was carried out: the server ended the session. */
const SESSION_ENDED = ['57P01', '57P02', '57P05', '08006', '08003'];
/** Counts and times come as eight-byte integers; all of ours are far below 2^53. */
const BIGINT = 20;

export class Database {
  readonly #pool: pg.Pool;

  constructor(options: DatabaseOptions) {
    const {
      connectTimeoutMs = 5_000,
      onWarning = () => {},
      poolSize = 10,
      statementTimeoutMs = 10_000,
      url,
    } = options;
    this.#pool = new pg.Pool({
      connectionString: url,
      max: poolSize,
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: IDLE_MS,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + SILENCE_MS,
      keepAlive: true,
      types: {
        getTypeParser: (oid, format) => (oid === BIGINT ? Number : pg.types.getTypeParser(oid, format)),
      },
    });
    // From its first moment to its last: in the middle of a packet the pool passes a connection on, and the rest of that
    // packet may say that it has ended, before whoever gets it has heard of it.
    this.#pool.on('connect', (client) => client.on('error', ignored));
    // Its place in the pool is free by then, and the next call opens another one.
    this.#pool.on('error', (cause) => {
      onWarning(new ConveneError('store_unavailable', 'A connection to PostgreSQL broke.', { cause }));
    });
  }

  migrate(): Promise<void> {
    return this.#use('read', migrate);
  }

  async read(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    try {
      return await this.#query('read', name, text, values);
    } catch (error) {
      if (!(error instanceof ConveneError) || !isBroken(error.cause)) throw error;
      return this.#query('read', name, text, values);
    }
  }

  write(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.#query('write', name, text, values);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /** Statements have names, so that each connection prepares each of them once. */
  #query(kind: 'read' | 'write', name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.#use(kind, async (client) => (await client.query({ name, text, values: [...values] })).rows);
  }

  async #use<T>(kind: 'read' | 'write', task: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    let client: pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (cause) {
      throw new ConveneError('store_unavailable', 'PostgreSQL cannot be reached.', { cause });
    }
    let broken = false;
    try {
      return await task(client);
    } catch (cause) {
      if (cause instanceof ConveneError) throw cause;
      broken = isBroken(cause);
      const code = broken && kind === 'write' ? 'outcome_unknown' : 'store_unavailable';
      throw new ConveneError(code, 'PostgreSQL did not carry the statement out.', { cause });
    } finally {
      client.release(broken);
    }
  }
}

/** A connection that breaks while it is used: its statement fails and says so. */
function ignored(): void {}

/** Whether the connection is of no use any more; else the server has refused the statement, and nothing has happened. */
function isBroken(cause: unknown): boolean {
  return !(cause instanceof pg.DatabaseError) || SESSION_ENDED.includes(cause.code ?? '');
}
