/** The logs of a cluster, read from the database beside its nodes: what was written when, and under which epoch. */
import pg from 'pg';
import { z } from 'zod';
import { writerOf } from '../../src/store/event-store.ts';

export interface Command {
  readonly sid: string;
  readonly id: number;
  /** When the loop that decided on it wrote it, in ms since the epoch, by its node's clock: that of this machine. */
  readonly at: number;
  readonly command: string;
}

/** A batch of a loop. */
export interface Written {
  readonly id: number;
  readonly at: number;
  readonly epoch: number;
}

/** PostgreSQL's `bigint`, which comes as a text. */
const integer = z.coerce.number().int();
const commandRow = z.object({ sid: z.string(), id: integer, at: integer, command: z.string() });
const writtenRow = z.object({ id: integer, at: integer, epoch: integer });
const stateRow = z.object({ agent_state: z.string(), due: z.boolean() });
const ownerRow = z.object({ owner: z.string().nullable() });
const nodeRow = z.object({ incarnation: z.string() });
const deathRow = z.object({ at: z.number().nullable() });

export class ClusterLog implements AsyncDisposable {
  readonly #pool: pg.Pool;

  constructor(url: string) {
    this.#pool = new pg.Pool({ connectionString: url, max: 2, query_timeout: 10_000 });
    this.#pool.on('error', () => {}); // the next query says so
  }

  async commands(sid: string): Promise<readonly Command[]> {
    return (await this.commandsOf([sid])).get(sid) ?? [];
  }

  /** What agents ran, in the order of the log. */
  async commandsOf(sids: readonly string[]): Promise<ReadonlyMap<string, readonly Command[]>> {
    const rows = await this.#rows(
      commandRow,
      `SELECT c.sid, e.id, e.at, e.data::json -> 'args' ->> 'command' AS command
       FROM conversation AS c JOIN event AS e ON e.conversation = c.number
       WHERE c.sid = ANY ($1) AND e.kind = 'run' AND e.writer = $2 AND e.cause IS NULL ORDER BY c.sid, e.id`,
      [sids, writerOf.loop],
    );
    return Map.groupBy(rows, ({ sid }) => sid);
  }

  /** All batches of loops in the order of the log: a batch's key begins with its epoch. */
  written(sid: string): Promise<Written[]> {
    return this.#rows(
      writtenRow,
      `SELECT e.id, e.at, split_part(e.key, '.', 1) AS epoch
       FROM conversation AS c JOIN event AS e ON e.conversation = c.number
       WHERE c.sid = $1 AND e.writer = $2 AND e.key IS NOT NULL ORDER BY e.id`,
      [sid, writerOf.loop],
    );
  }

  /** Whether all of these wait for their users. */
  async rest(sids: readonly string[]): Promise<boolean> {
    const text = 'SELECT agent_state, due FROM conversation WHERE sid = ANY ($1)';
    const rows = await this.#rows(stateRow, text, [sids]);
    return rows.every(({ agent_state, due }) => agent_state === 'awaiting_user_input' && !due);
  }

  /** The incarnation that owns it. */
  async owner(sid: string): Promise<string | null> {
    const rows = await this.#rows(ownerRow, 'SELECT owner FROM conversation WHERE sid = $1', [sid]);
    return rows[0]?.owner ?? null;
  }

  /** Under which the node lives that answers there. */
  async incarnation(url: string): Promise<string | null> {
    const text = 'SELECT incarnation FROM node WHERE url = $1 AND dead_at IS NULL';
    return (await this.#rows(nodeRow, text, [url]))[0]?.incarnation ?? null;
  }

  /** When this incarnation was declared dead, in ms since the epoch. */
  async diedAt(incarnation: string | null): Promise<number> {
    const text = 'SELECT (extract(epoch FROM dead_at) * 1000)::float8 AS at FROM node WHERE incarnation = $1';
    return (await this.#rows(deathRow, text, [incarnation]))[0]?.at ?? Number.NaN;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }

  async #rows<Row extends z.ZodType>(row: Row, text: string, values: unknown[]): Promise<z.output<Row>[]> {
    return z.array(row).parse((await this.#pool.query(text, values)).rows);
  }
}
