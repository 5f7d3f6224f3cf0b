/** The thread that reads the log, beside the writer. Large answers travel alone, so that small ones don't wait for them. */
import type { MessagePort } from 'node:worker_threads';
import type { Answer, Call, ReaderCalls, ToWorker, WorkerData } from './calls.ts';
import { openForReading } from './database.ts';
import { LogReader } from './log-reader.ts';
import { failureOf, post } from './thread.ts';

const large: ReadonlySet<keyof ReaderCalls> = new Set(['events', 'loadSnapshot']);

export function runReader(port: MessagePort, { files }: WorkerData): void {
  const reader = new LogReader(openForReading(files));

  const answerTo = (call: Call<ReaderCalls>): Answer<unknown> => {
    try {
      return reader.answer(call);
    } catch (error) {
      return { failure: failureOf(error) };
    }
  };

  const answerAll = (calls: readonly Call<ReaderCalls>[]): void => {
    let answers: Answer<unknown>[] = [];
    for (const [index, call] of calls.entries()) {
      answers.push(answerTo(call));
      if (large.has(call[0]) || index === calls.length - 1) {
        post(port, { kind: 'answers', answers });
        answers = [];
      }
    }
  };

  port.on('message', (message: ToWorker<ReaderCalls>) => {
    if (message.kind === 'calls') {
      answerAll(message.calls);
    } else if (message.kind === 'close') {
      reader.close();
      port.close();
    }
  });
  post(port, { kind: 'ready' });
}
