/**
 * Appends through the store against inserts by one connection, in the same process one after the other. Arguments:
 * a folder for the files of both.
 */
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { encodeEvent } from '../../src/store/event-row.ts';
import { writerOf } from '../../src/store/event-store.ts';
import { filesOf, openForWriting } from '../../src/store/sqlite/database.ts';
import { migrate } from '../../src/store/sqlite/migrations.ts';
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts';
import { prepareWriting } from '../../src/store/sqlite/statements.ts';
import { messageOfSize } from '../events.ts';
import { answerCalls } from '../line.ts';

/** Of any store. */
export interface AppendCalls {
  /** Appends so many events of 1 KB, many in flight; answers with the events of each commit. */
  append(call: Appends): { readonly ms: number; readonly commits: readonly number[] };
  /** Inserts as many rows in as many commits. */
  insert(call: { commits: readonly number[]; conversations: number }): { readonly ms: number };
}

export interface AppenderCalls extends AppendCalls {
  searchLag(): number;
}

interface Appends {
  readonly events: number;
  readonly inFlight: number;
  readonly conversations: number;
}

const BYTES = 1000;

const [folder = ''] = process.argv.slice(2);
const store = new SqliteEventStore({ file: path.join(folder, 'ours.db') });
await store.open();
const database = openForWriting(filesOf(path.join(folder, 'inserts.db')));
migrate(database);
const { addEvent, begin, commit } = prepareWriting(database);
const event = messageOfSize(BYTES);
const { data } = encodeEvent(event);
const writer = writerOf.user('');
let commits: number[] = [];
let keys = 0;
let place = 0;
const heads: number[] = [];
const created = new Set<number>();

/** The answers of a commit come from the writer's thread in one message, which tells how large it was. */
const { emit } = Worker.prototype;
Worker.prototype.emit = function (this: Worker, ...given: Parameters<typeof emit>) {
  const [name, message] = given;
  if (name === 'message' && isAnswers(message)) commits.push(message.answers.length);
  return emit.apply(this, given);
};

function isAnswers(message: unknown): message is { readonly answers: readonly unknown[] } {
  return (
    typeof message === 'object' && message !== null && 'answers' in message && Array.isArray(message.answers)
  );
}

function newKey(): string {
  keys += 1;
  return keys.toString(16).padStart(32, '0');
}

async function create(conversations: number): Promise<void> {
  for (let index = 0; index < conversations; index += 1) {
    if (created.has(index)) continue;
    created.add(index);
    await store.append({
      sid: `c${index}`,
      at: Date.now(),
      writer,
      events: [],
      create: { userId: '', title: '' },
    });
  }
}

answerCalls<AppenderCalls>(
  {
    async append({ conversations, events, inFlight }) {
      await create(conversations);
      commits = [];
      let begun = 0;
      const one = async (): Promise<void> => {
        while (begun < events) {
          const sid = `c${begun % conversations}`;
          begun += 1;
          await store.append({ sid, at: Date.now(), writer, key: newKey(), events: [event] });
        }
      };
      const start = performance.now();
      await Promise.all(Array.from({ length: inFlight }, one));
      const ms = performance.now() - start;
      return { ms, commits };
    },
    insert({ commits, conversations }) {
      const start = performance.now();
      let row = 0;
      for (const size of commits) {
        begin.run();
        for (let index = 0; index < size; index += 1) {
          const conversation = row % conversations;
          const id = heads[conversation] ?? 0;
          heads[conversation] = id + 1;
          addEvent.run(
            place,
            conversation,
            id,
            Date.now(),
            'user',
            'message',
            null,
            writer,
            newKey(),
            1,
            data,
          );
          place += 1;
          row += 1;
        }
        commit.run();
      }
      return { ms: performance.now() - start };
    },
    searchLag: () => store.searchLag(),
  },
  async () => {
    await store[Symbol.asyncDispose]();
    database.close();
  },
);
