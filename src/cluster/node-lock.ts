/**
 * The advisory lock by which others see at once that a node has ended: it is held on an idle connection of its own, and
 * the database frees it with the connection. So it must be a session's, and no pooler may stand between.
 */
import { Socket } from 'node:net';
import pg from 'pg';
import type { Clock } from '../clock.ts';
import { atMost } from './at-most.ts';
import type { TakenLock } from './node-registry.ts';

/** The lock's key, of the SQL expression of an incarnation. */
export function lockKey(incarnation: string): string {
  return `hashtextextended(${incarnation}, 0)`;
}

/** All advisory locks that are held in this database, as the query `(key bigint, pid integer)`. */
export const heldLocks = `
  SELECT (classid::bigint << 32) | objid::bigint AS key, pid
  FROM pg_locks
  WHERE locktype = 'advisory' AND objsubid = 1 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** A session of ours that broke off may hold it still, until the database notices. */
const endOldSessions = `
  SELECT pg_terminate_backend(pid) FROM (${heldLocks}) AS held
  WHERE key = ${lockKey('$1')} AND pid <> pg_backend_pid()`;

const endWithinMs = 1000;

export interface NodeLockOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly incarnation: string;
  /** For connecting, and again for each of the few statements. */
  readonly withinMs: number;
  /** Called once, when the connection breaks while the lock is held. */
  readonly onLost: () => void;
}

export class NodeLock implements TakenLock {
  /** Monotonic. */
  readonly takenAt: number;
  readonly #client: pg.Client;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #onLost: () => void;
  #held = true;

  private constructor(client: pg.Client, socket: Socket, { clock, onLost }: NodeLockOptions) {
    this.takenAt = clock.monotonic();
    this.#client = client;
    this.#socket = socket;
    this.#clock = clock;
    this.#onLost = onLost;
    client.on('end', () => this.#broke());
    client.on('error', () => this.#broke());
  }

  /** Throws what the database or the network says. */
  static async take(options: NodeLockOptions): Promise<NodeLock> {
    const { clock, incarnation, url, withinMs } = options;
    const socket = new Socket();
    const client = new pg.Client({
      connectionString: url,
      stream: () => socket,
      application_name: 'convene node lock',
      connectionTimeoutMillis: withinMs,
      query_timeout: withinMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 1000,
    });
    let broken = false;
    const breaks = (): void => {
      broken = true;
    };
    client.on('error', breaks);
    client.on('end', breaks);
    try {
      await client.connect();
      await client.query('SET idle_session_timeout = 0');
      await client.query(endOldSessions, [incarnation]);
      await client.query(`SELECT pg_advisory_lock(${lockKey('$1')})`, [incarnation]);
      if (broken) throw new Error('The connection of the node lock broke off.');
      return new NodeLock(client, socket, options);
    } catch (error) {
      await endQuietly(clock, client, socket);
      throw error;
    }
  }

  get held(): boolean {
    return this.#held;
  }

  takeForLost(): void {
    this.#broke();
  }

  async release(): Promise<void> {
    this.#held = false;
    await endQuietly(this.#clock, this.#client, this.#socket);
  }

  #broke(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#socket.destroy();
    this.#onLost();
  }
}

/** A connection that cannot be ended in order is broken: it is cut. */
async function endQuietly(clock: Clock, client: pg.Client, socket: Socket): Promise<void> {
  try {
    await atMost(clock, endWithinMs, client.end());
  } catch {
    // It is broken already.
  }
  socket.destroy();
}
