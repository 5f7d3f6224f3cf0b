/**
 * The yardsticks, as little as can do the same: a Socket.IO server that echoes, broadcasts and sends the rows of a
 * table, and a table that rows are committed to. Arguments: a folder for the table.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { Server } from 'socket.io';
import { eventRowOf } from '../../src/store/rows.ts';
import { filesOf, openForWriting } from '../../src/store/sqlite/database.ts';
import { sentMessage } from '../events.ts';
import { answerCalls } from '../line.ts';
import { BareLog } from './bare-log.ts';
import type { BareWriterData, ToBareWriter } from './bare-writer.ts';
import { rooms } from './rooms.ts';
import { Window } from './window.ts';

export interface BareCalls {
  url(): string;
  /** Commits rows one by one, as an append stores them; answers with how long each took, in ms. */
  commit(call: { times: number; data: string }): number[];
  /** Tells the broadcast's clients of each event, up to `window` ahead of the slowest client. */
  publish(call: { contents: readonly string[]; window: number }): void;
  received(count: number): void;
  /** From now on clients of `rows` are sent all rows of this conversation. */
  serve(call: { log: string; sid: string }): void;
}

const [folder = ''] = process.argv.slice(2);
const log = new BareLog(openForWriting(filesOf(path.join(folder, 'bare.db'))));

const bell = new Int32Array(new SharedArrayBuffer(4));
const writer = new Worker(new URL('./bare-writer.ts', import.meta.url), {
  workerData: { bell, files: filesOf(path.join(folder, 'thread.db')) } satisfies BareWriterData,
});
const committed: (() => void)[] = [];
writer.on('message', () => committed.shift()?.());

function sendToWriter(message: ToBareWriter): void {
  writer.postMessage(message);
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}

const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  serveClient: false,
  perMessageDeflate: false,
  httpCompression: false,
});
let window = new Window(0);
let sendRows: ((emit: (payload: unknown) => void) => void) | null = null;

io.on('connection', (socket) => {
  let id = 0;
  const { conversation_id: name } = socket.handshake.query;
  socket.on('oh_user_action', (data: unknown, acknowledge: (answer: unknown) => void) => {
    const answer = (): void => {
      acknowledge({ ok: true, id });
      id += 1;
    };
    if (name === rooms.threaded) {
      committed.push(answer);
      sendToWriter(JSON.stringify(data));
      return;
    }
    if (name === rooms.durable || name === rooms.twice) log.commit(JSON.stringify(data));
    if (name === rooms.twice) log.commit(JSON.stringify(data));
    answer();
  });
  if (name === rooms.rows) sendRows?.((payload) => socket.emit('oh_event', payload));
  else if (name === rooms.broadcast) void socket.join(rooms.broadcast);
});
http.listen(0, '127.0.0.1');
await once(http, 'listening');

answerCalls<BareCalls>(
  {
    url() {
      const address = http.address();
      return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    },
    commit: ({ data, times }) => Array.from({ length: times }, () => log.commit(data)),
    async publish({ contents, window: size }) {
      window = new Window(size);
      let id = 0;
      for (const content of contents) {
        const full = window.next();
        if (full !== undefined) await full;
        io.to(rooms.broadcast).emit('oh_event', sentMessage(id, content));
        id += 1;
      }
    },
    received: (count) => window.received(count),
    serve({ log, sid }) {
      const reading = openForWriting(filesOf(log));
      const rows = reading.prepare(`
        SELECT e.id, e.at, e.source, e.kind, e.cause, e.data FROM event AS e
        JOIN conversation AS c ON c.number = e.conversation WHERE c.sid = ? ORDER BY e.id`);
      sendRows = (emit) => {
        for (const row of rows.all(sid)) {
          const { at, cause, data, id, source } = eventRowOf(row);
          const body: object = JSON.parse(data);
          emit({
            id,
            timestamp: new Date(at).toISOString(),
            source,
            message: '',
            ...(cause === null ? {} : { cause }),
            ...body,
          });
        }
      };
    },
  },
  () => {
    log.close();
    sendToWriter(null);
    return io.close();
  },
);
