/**
 * `Takeovers` in PostgreSQL, whose tables the membership makes. They are written behind the back of whoever records them, many in one statement: a node that
 * takes 10,000 conversations over has better things to do. The database knows when the former owner was last heard of.
 */
import pg from 'pg';
import type { Clock } from '../clock.ts';
import { ConveneError } from '../errors.ts';
import { Coalesced } from './coalesced.ts';
import type { NewTakeover, Takeover, Takeovers } from './takeovers.ts';

export interface PostgresTakeoversOptions {
  readonly url: string;
  readonly clock: Clock;
  /** Told when some could not be written: they are lost. */
  readonly onWarning: (message: string) => void;
}

/** Of those that wait to be written. What comes beyond is lost. */
const mostWaiting = 20_000;
const keptFor = '7 days';
const timeoutMs = 10_000;

const recordSql = `
  WITH forgotten AS (DELETE FROM takeover WHERE at < clock_timestamp() - interval '${keptFor}')
  INSERT INTO takeover (sid, from_node, to_node, cause, duration_ms, at)
  SELECT given.sid, given.from_node, given.to_node,
    CASE WHEN given.handed_over_ms IS NOT NULL THEN 'handed over'
      WHEN node.expires_at <= node.dead_at THEN 'lease ended' ELSE 'crashed' END,
    coalesce(given.handed_over_ms,
      greatest(0, extract(epoch FROM given.at - coalesce(node.heard_at, given.at)) * 1000))::bigint,
    given.at
  FROM (
    SELECT sid, from_node, to_node, handed_over_ms, clock_timestamp() - age_ms * interval '1 millisecond' AS at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::float8[])
      AS one (sid, from_node, to_node, handed_over_ms, age_ms)
  ) AS given LEFT JOIN node ON node.incarnation = given.from_node`;

const recentSql = `
  SELECT sid, from_node AS "from", to_node AS "to", cause, duration_ms::float8 AS "durationMs",
    (extract(epoch FROM at) * 1000)::float8 AS at
  FROM takeover ORDER BY at DESC, sid LIMIT $1`;

interface Waiting extends NewTakeover {
  /** Monotonic. */
  readonly since: number;
}

export class PostgresTakeovers implements Takeovers {
  readonly #options: PostgresTakeoversOptions;
  readonly #pool: pg.Pool;
  #waiting: Waiting[] = [];
  readonly #writing = new Coalesced(() => this.#write());

  constructor(options: PostgresTakeoversOptions) {
    this.#options = options;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      application_name: 'convene takeovers',
      max: 1,
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
    });
    this.#pool.on('error', () => {}); // an idle connection broke: the next statement takes another
  }

  record(takeover: NewTakeover): void {
    if (this.#waiting.length >= mostWaiting) return;
    this.#waiting.push({ ...takeover, since: this.#options.clock.monotonic() });
    if (!this.#writing.again()) void this.#writing.run();
  }

  async recent(limit: number): Promise<readonly Takeover[]> {
    try {
      return (await this.#pool.query<Takeover>(recentSql, [limit])).rows;
    } catch (error) {
      throw new ConveneError('store_unavailable', undefined, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing.settled();
    await this.#pool.end();
  }

  async #write(): Promise<void> {
    const taken = this.#waiting;
    this.#waiting = [];
    if (taken.length === 0) return;
    const now = this.#options.clock.monotonic();
    try {
      await this.#pool.query(recordSql, [
        taken.map(({ sid }) => sid),
        taken.map(({ from }) => from),
        taken.map(({ to }) => to),
        taken.map(({ handedOverMs }) => handedOverMs ?? null),
        taken.map(({ since }) => now - since),
      ]);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#options.onWarning(`${taken.length} takeovers could not be noted: ${why}`);
    }
  }
}
