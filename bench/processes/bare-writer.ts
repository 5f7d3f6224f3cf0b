/**
 * The yardstick's thread: commits what it is sent, one by one, and answers each. It waits as the store's writer does, so
 * that what it costs is the way to a thread and back.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { openForWriting, type StoreFiles } from '../../src/store/sqlite/database.ts';
import { BareLog } from './bare-log.ts';

export interface BareWriterData {
  readonly files: StoreFiles;
  /** Rung after each message. */
  readonly bell: Int32Array;
}

/** What it is sent: a row's data; null at the end. */
export type ToBareWriter = string | null;

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a worker thread.');
const { bell, files }: BareWriterData = workerData;
const log = new BareLog(openForWriting(files));
for (let isOpen = true; isOpen; ) {
  const rung = Atomics.load(bell, 0);
  const received: { readonly message: ToBareWriter } | undefined = receiveMessageOnPort(port);
  if (received === undefined) Atomics.wait(bell, 0, rung);
  else if (received.message === null) isOpen = false;
  else {
    log.commit(received.message);
    port.postMessage(null);
  }
}
log.close();
port.close();
