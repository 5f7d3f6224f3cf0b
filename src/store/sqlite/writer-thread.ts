/**
 * The thread that writes the log. All calls that came while a commit was on its way to the disk go into the next one;
 * what deleted conversations left is purged when there is nothing else to do. Between calls it waits for its bell and not
 * for its event loop, which would take as long again to begin with a call as the call takes to arrive.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Call, ToWorker, WorkerData, WriterCalls } from './calls.ts';
import { openForWriting, walFrameBytes } from './database.ts';
import { LogSpace } from './log-space.ts';
import { LogWriter, walPages } from './log-writer.ts';
import { migrate } from './migrations.ts';
import { failureOf, post } from './thread.ts';

/** What goes into one commit at most: it bounds how long the main thread is busy with the answers. */
const commitCalls = 512;
/** How often a purge takes its turn while calls keep coming. */
const purgeEveryMs = 100;

export function runWriter(port: MessagePort, { bell, files }: WorkerData): void {
  const database = openForWriting(files);
  migrate(database);
  const writer = new LogWriter(database);
  // A commit may go beyond the limit at which the log begins anew: an eighth more.
  const space = new LogSpace(`${files.log}-wal`, walPages * walFrameBytes * 1.125);
  const queue: Call<WriterCalls>[] = [];
  let isClosing = false;
  let mayPurge = true;
  let purgedAt = 0;

  const receive = (message: ToWorker<WriterCalls>): void => {
    if (message.kind === 'calls') queue.push(...message.calls);
    else if (message.kind === 'close') isClosing = true;
  };

  const commit = (): void => {
    const calls = queue.splice(0, commitCalls);
    post(port, { kind: 'answers', answers: writer.run(calls) });
    makeSpace();
    mayPurge ||= calls.some(([name]) => name === 'remove');
  };

  /** Without it commits are slower, and nothing else. */
  const makeSpace = (): void => {
    try {
      space.keep();
    } catch (error) {
      post(port, { kind: 'warning', failure: failureOf(error) });
    }
  };

  const purge = (): void => {
    try {
      mayPurge = writer.purge();
    } catch (error) {
      // The next deletion, or the next opening, takes it up again.
      mayPurge = false;
      post(port, { kind: 'warning', failure: failureOf(error) });
    }
    purgedAt = performance.now();
  };

  const receiveAll = (): void => {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      receive(next.message);
    }
  };

  post(port, { kind: 'ready' });
  for (;;) {
    // Read before the messages: one that comes after them has rung meanwhile, and nothing is waited for.
    const rung = Atomics.load(bell, 0);
    receiveAll();
    const isQuiet = queue.length === 0;
    if (!isQuiet) commit();
    else if (isClosing) break;
    else if (!mayPurge) Atomics.wait(bell, 0, rung);
    if (mayPurge && (isQuiet || performance.now() - purgedAt > purgeEveryMs)) purge();
  }
  space.close();
  writer.close();
  port.close();
}
