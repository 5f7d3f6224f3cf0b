/** `NodeRegistry` in PostgreSQL: the table `node`, every call one statement, and a lock that `NodeLock` holds. */
import pg from 'pg';
import type { Clock } from '../clock.ts';
import { ConveneError } from '../errors.ts';
import { atMost } from './at-most.ts';
import { makeClusterTables } from './cluster-tables.ts';
import type { NodeInfo } from './membership.ts';
import { heldLocks, lockKey, NodeLock } from './node-lock.ts';
import type {
  Beat,
  HeardNode,
  LivingNode,
  Look,
  NodeRegistry,
  NodeState,
  SeenNode,
  TakeLockOptions,
  TakenLock,
} from './node-registry.ts';

const lock = lockKey('node.incarnation');

/** $1 a number of ms, as an interval. */
const milliseconds = (parameter: string): string => `(${parameter}::float8 * interval '1 millisecond')`;

const heardAt = '(extract(epoch FROM node.heard_at) * 1000)::float8';

const databaseAge = 'clock_timestamp() - pg_postmaster_start_time()';

/** Also ends the row that the node had before, whose loops have ended by now. */
const joinSql = `
  WITH ended AS (
    UPDATE node SET dead_at = clock_timestamp() WHERE incarnation = $6 AND dead_at IS NULL
  )
  INSERT INTO node (incarnation, url, draining, load, expires_at)
  VALUES ($1, $2, $3, $4, clock_timestamp() + ${milliseconds('$5')})`;

/** The list is that of the moment before the update. A node that drains does so until its end. */
const beatSql = `
  WITH beat AS (
    UPDATE node SET url = $2, draining = draining OR $3, load = $4, heard_at = clock_timestamp(),
      expires_at = clock_timestamp() + ${milliseconds('$5')}
    WHERE incarnation = $1 AND dead_at IS NULL
    RETURNING incarnation
  )
  SELECT EXISTS (SELECT FROM beat) AS alive, node.incarnation, draining, load
  FROM (SELECT) AS always LEFT JOIN node ON dead_at IS NULL`;

const lookSql = `
  WITH held AS MATERIALIZED (${heldLocks})
  SELECT (extract(epoch FROM ${databaseAge}) * 1000)::float8 AS age, incarnation, draining, load,
    NOT EXISTS (SELECT FROM held WHERE key = ${lock}) AS free, expires_at < clock_timestamp() AS expired,
    ${heardAt} AS "heardAt"
  FROM (SELECT) AS always LEFT JOIN node ON dead_at IS NULL`;

/** Asks again for what the look has shown: in between, the node may have taken its lock or sent a heartbeat. */
const burySql = `
  WITH held AS MATERIALIZED (${heldLocks})
  UPDATE node SET dead_at = clock_timestamp()
  FROM unnest($1::text[], $2::float8[]) AS seen (incarnation, heard_at)
  WHERE node.incarnation = seen.incarnation AND dead_at IS NULL AND ${databaseAge} > ${milliseconds('$3')}
    AND (expires_at < clock_timestamp()
      OR ${heardAt} = seen.heard_at AND NOT EXISTS (SELECT FROM held WHERE key = ${lock}))
  RETURNING node.incarnation`;

const leaveSql = 'UPDATE node SET dead_at = clock_timestamp() WHERE incarnation = $1 AND dead_at IS NULL';

const livesSql = 'SELECT incarnation FROM node WHERE incarnation = $1 AND dead_at IS NULL';

const pruneSql = "DELETE FROM node WHERE dead_at < clock_timestamp() - interval '1 day'";

const nodesSql = `
  SELECT incarnation, url, (extract(epoch FROM started_at) * 1000)::float8 AS "startedAt",
    greatest(0, extract(epoch FROM clock_timestamp() - heard_at) * 1000)::float8 AS "heardMsAgo",
    dead_at IS NULL AS live, draining, load
  FROM node ORDER BY dead_at IS NOT NULL, started_at, incarnation`;

/** A heartbeat, a look, and whatever is asked besides. */
const connections = 3;

export class NodeRows implements NodeRegistry {
  readonly #url: string;
  readonly #pool: pg.Pool;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  /** So long a statement may take, and the connecting before it: two that fail leave time for a third. */
  readonly #timeoutMs: number;

  constructor(url: string, clock: Clock, leaseMs: number) {
    this.#url = url;
    this.#clock = clock;
    this.#leaseMs = leaseMs;
    this.#timeoutMs = Math.ceil(leaseMs / 3);
    this.#pool = new pg.Pool({
      connectionString: url,
      application_name: 'convene membership',
      max: connections,
      connectionTimeoutMillis: this.#timeoutMs,
      query_timeout: this.#timeoutMs,
      statement_timeout: this.#timeoutMs,
      keepAlive: true,
    });
    this.#pool.on('error', () => {}); // an idle connection broke: the next statement takes another
  }

  async open(): Promise<void> {
    await this.#attempt(() => makeClusterTables(this.#pool));
  }

  takeLock({ incarnation, onLost, withinMs = this.#timeoutMs }: TakeLockOptions): Promise<TakenLock> {
    const options = { url: this.#url, clock: this.#clock, incarnation, withinMs, onLost };
    return this.#attempt(() => NodeLock.take(options));
  }

  async join(node: NodeState, before: string | null): Promise<void> {
    const { draining, incarnation, load, url } = node;
    await this.#query(joinSql, [incarnation, url, draining, load, this.#leaseMs, before]);
  }

  async beat(node: NodeState): Promise<Beat> {
    const { draining, incarnation, load, url } = node;
    const rows = await this.#query<LivingNode & { alive: boolean }>(beatSql, [
      incarnation,
      url,
      draining,
      load,
      this.#leaseMs,
    ]);
    return { alive: rows[0]?.alive === true, nodes: rows.filter(isNode) };
  }

  async look(): Promise<Look> {
    const rows = await this.#query<SeenNode & { age: number }>(lookSql, []);
    return { databaseAgeMs: rows[0]?.age ?? 0, nodes: rows.filter(isNode) };
  }

  async bury(nodes: readonly HeardNode[]): Promise<string[]> {
    const rows = await this.#query<{ incarnation: string }>(burySql, [
      nodes.map((node) => node.incarnation),
      nodes.map((node) => node.heardAt),
      this.#leaseMs,
    ]);
    return rows.map(({ incarnation }) => incarnation);
  }

  async leave(incarnation: string): Promise<void> {
    await this.#query(leaveSql, [incarnation]);
  }

  async lives(incarnation: string): Promise<boolean> {
    return (await this.#query(livesSql, [incarnation])).length === 1;
  }

  async prune(): Promise<void> {
    await this.#query(pruneSql, []);
  }

  nodes(): Promise<NodeInfo[]> {
    return this.#query<NodeInfo>(nodesSql, []);
  }

  async close(): Promise<void> {
    await atMost(this.#clock, this.#timeoutMs, this.#pool.end());
  }

  #query<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
    return this.#attempt(async () => (await this.#pool.query<Row>(text, values)).rows);
  }

  async #attempt<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    try {
      return await work();
    } catch (error) {
      throw new ConveneError('store_unavailable', undefined, { cause: error });
    }
  }
}

/** The one row of an empty table has no node. */
function isNode(row: { readonly incarnation: string | null }): boolean {
  return row.incarnation !== null;
}
