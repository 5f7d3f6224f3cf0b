/**
 * Appends of one node through its store in PostgreSQL against inserts by one connection into the same table elsewhere, in
 * the same process one after the other. Arguments: the URLs of two empty databases.
 */
import pg from 'pg';
import { z } from 'zod';
import { encodeEvent } from '../../src/store/event-row.ts';
import { writerOf } from '../../src/store/event-store.ts';
import { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts';
import { messageOfSize } from '../events.ts';
import { answerCalls } from '../line.ts';
import { timed } from '../measure.ts';
import type { AppendCalls } from './appender.ts';

export type ClusterAppenderCalls = AppendCalls;

const BYTES = 1000;
/** All columns; what is the same in every row stands in the statement. */
const insertion = `
  INSERT INTO event (conversation, id, at, source, kind, cause, writer, key, batch, data)
  SELECT conversation, id, at, 'user', 'message', NULL, $6, key, 1, data
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])
    AS row (conversation, id, at, key, data)`;
/** Rows of one commit have its transaction in common. */
const commitSizes = 'SELECT count(*)::int AS size FROM event WHERE at >= $1 GROUP BY xmin::text';
const sizeRows = z.array(z.object({ size: z.int() }));

const [ours = '', theirs = ''] = process.argv.slice(2);
const store = new PostgresEventStore({ url: ours });
await store.open();
{
  // It makes the same tables there.
  await using other = new PostgresEventStore({ url: theirs });
  await other.open();
}
const looking = new pg.Client({ connectionString: ours });
const inserting = new pg.Client({ connectionString: theirs });
await Promise.all([looking.connect(), inserting.connect()]);
const event = messageOfSize(BYTES);
const { data } = encodeEvent(event);
const writer = writerOf.user('');
const heads: number[] = [];
let keys = 0;

function newKey(): string {
  keys += 1;
  return keys.toString(16).padStart(32, '0');
}

/** So many at a time. */
async function inParallel(workers: number, times: number, task: (index: number) => unknown): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < times) {
      next += 1;
      await task(next - 1);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}

function create(sid: string): Promise<unknown> {
  return store.append({ sid, at: Date.now(), writer, events: [], create: { userId: '', title: '' } });
}

answerCalls<ClusterAppenderCalls>(
  {
    async append({ conversations, events, inFlight }) {
      await inParallel(inFlight, conversations, (index) => create(`c${index}`));
      const begun = Date.now();
      const ms = await timed(() =>
        inParallel(inFlight, events, (index) => {
          const sid = `c${index % conversations}`;
          return store.append({ sid, at: Date.now(), writer, key: newKey(), events: [event] });
        }),
      );
      const { rows } = await looking.query(commitSizes, [begun]);
      return { ms, commits: sizeRows.parse(rows).map(({ size }) => size) };
    },
    async insert({ commits, conversations }) {
      let row = 0;
      const ms = await timed(async () => {
        for (const size of commits) {
          const place = Array.from({ length: size }, () => row++ % conversations);
          const ids = place.map((conversation) => {
            const id = heads[conversation] ?? 0;
            heads[conversation] = id + 1;
            return id;
          });
          const values = [place, ids, place.map(() => Date.now()), place.map(newKey), place.map(() => data)];
          await inserting.query({ name: 'insertion', text: insertion, values: [...values, writer] });
        }
      });
      return { ms };
    },
  },
  async () => {
    await Promise.all([looking.end(), inserting.end()]);
    await store[Symbol.asyncDispose]();
  },
);
