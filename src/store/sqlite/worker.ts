/**
 * The entry of the store's threads: one writes the log, one reads it, one keeps the search index. The main thread never
 * touches a file.
 */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { ConveneError } from '../../errors.ts';
import type {
  Answer,
  Call,
  Failure,
  FromWorker,
  ReaderCalls,
  ToWorker,
  WorkerData,
  WriterCalls,
} from './calls.ts';
import { openForReading, openForWriting, type StoreFiles } from './database.ts';
import { LogReader } from './log-reader.ts';
import { LogWriter } from './log-writer.ts';
import { migrate } from './migrations.ts';
import { SearchIndex } from './search-index.ts';

/** What goes into one commit at most: it bounds how long the main thread is busy with the answers. */
const commitCalls = 512;
/** How often a purge takes its turn while calls keep coming. */
const purgeEveryMs = 100;
/** Before a step of the index: so that a few events share it, and the index takes half of a processor at most. */
const restMs = 25;
/** The same while more events a second come in than this: then appends need the processor more. */
const busyRate = 2000;
const busyRestMs = 1000;
/** After a failed step of the index. */
const retryMs = 1000;

function runWriter(port: MessagePort, files: StoreFiles): void {
  const database = openForWriting(files);
  migrate(database);
  const writer = new LogWriter(database);
  const queue: Call<WriterCalls>[] = [];
  let isClosing = false;
  let mayPurge = true;
  let purgedAt = 0;

  const receive = (message: ToWorker<WriterCalls>): void => {
    if (message.kind === 'calls') queue.push(...message.calls);
    else if (message.kind === 'close') isClosing = true;
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

  /** Ends when nothing is left to do; the next message begins it anew. */
  const work = (): void => {
    for (;;) {
      for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
        receive(next.message);
      }
      if (queue.length > 0) {
        const calls = queue.splice(0, commitCalls);
        post(port, { kind: 'answers', answers: writer.run(calls) });
        mayPurge ||= calls.some((call) => call.name === 'remove');
        if (mayPurge && performance.now() - purgedAt > purgeEveryMs) purge();
      } else if (isClosing) {
        writer.close();
        port.close();
        return;
      } else if (mayPurge) {
        purge();
      } else {
        return;
      }
    }
  };

  port.on('message', (message: ToWorker<WriterCalls>) => {
    receive(message);
    work();
  });
  post(port, { kind: 'ready' });
  work();
}

function runReader(port: MessagePort, files: StoreFiles): void {
  const reader = new LogReader(openForReading(files));

  const answerTo = (call: Call<ReaderCalls>): Answer<unknown> => {
    try {
      return { number: call.number, value: reader.answer(call) };
    } catch (error) {
      return { number: call.number, failure: failureOf(error) };
    }
  };

  port.on('message', (message: ToWorker<ReaderCalls>) => {
    if (message.kind === 'close') {
      reader.close();
      port.close();
    } else if (message.kind === 'calls') {
      let answers: Answer<unknown>[] = [];
      for (const call of message.calls) {
        answers.push(answerTo(call));
        if (call.name === 'events' || call.name === 'loadSnapshot') {
          post(port, { kind: 'answers', answers });
          answers = [];
        }
      }
      if (answers.length > 0) post(port, { kind: 'answers', answers });
    }
  });
  post(port, { kind: 'ready' });
}

/** The index may wait; appends and reads may not. */
function runIndexer(port: MessagePort, files: StoreFiles): void {
  const index = new SearchIndex(files);
  let timer: NodeJS.Timeout | undefined;
  let seen = { place: index.newestPlace(), at: performance.now() };

  const isBusy = (): boolean => {
    const now = { place: index.newestPlace(), at: performance.now() };
    const rate = (1000 * (now.place - seen.place)) / (now.at - seen.at);
    seen = now;
    return rate > busyRate;
  };

  const later = (delayMs: number): void => {
    timer ??= setTimeout(step, delayMs);
  };

  const step = (): void => {
    timer = undefined;
    try {
      if (index.step()) later(isBusy() ? busyRestMs : restMs);
      else post(port, { kind: 'idle' });
    } catch (error) {
      post(port, { kind: 'warning', failure: failureOf(error) });
      later(retryMs);
    }
  };

  port.on('message', (message: ToWorker<never>) => {
    if (message.kind === 'wake') {
      later(restMs);
    } else if (message.kind === 'close') {
      clearTimeout(timer);
      index.close();
      port.close();
    }
  });
  post(port, { kind: 'ready' });
}

function post(
  port: MessagePort,
  message: FromWorker | { kind: 'answers'; answers: readonly Answer<unknown>[] },
): void {
  port.postMessage(message);
}

function failureOf(error: unknown): Failure {
  if (error instanceof ConveneError) return { code: error.code, message: error.message };
  const reason = error instanceof Error ? error.message : String(error);
  return { code: 'store_unavailable', message: `The database failed: ${reason}` };
}

const run = { writer: runWriter, reader: runReader, indexer: runIndexer } as const;

function start(port: MessagePort, { files, role }: WorkerData): void {
  try {
    run[role](port, files);
  } catch (error) {
    post(port, { kind: 'failed', failure: failureOf(error) });
    port.close();
  }
}

parentPort?.once('message', (message: ToWorker<never>) => {
  if (parentPort === null) return;
  if (message.kind === 'open') start(parentPort, workerData);
  else parentPort.close();
});
