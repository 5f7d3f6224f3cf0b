/**
 * The entry of the store's threads: one writes the log, one reads it, one keeps the search index. The main thread never
 * touches a file.
 *
 *   loaded ──open──▶ open ──close──▶ ended
 *      │ close          │ an exception that nobody expected
 *      └──▶ ended       └──▶ ended: the main thread is told, and takes the store for dead
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { ToWorker, WorkerData } from './calls.ts';
import { runIndexer } from './indexer-thread.ts';
import { runReader } from './reader-thread.ts';
import { failureOf, post } from './thread.ts';
import { runWriter } from './writer-thread.ts';

const run = { writer: runWriter, reader: runReader, indexer: runIndexer } as const;

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a worker thread.');
const data: WorkerData = workerData;

port.once('message', (message: ToWorker<never>) => {
  if (message.kind !== 'open') {
    port.close();
    return;
  }
  try {
    run[data.role](port, data);
  } catch (error) {
    post(port, { kind: 'failed', failure: failureOf(error) });
    port.close();
  }
});
