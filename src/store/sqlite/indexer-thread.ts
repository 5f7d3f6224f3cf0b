/**
 * The thread that keeps the search index. The index may wait; appends and reads may not.
 *
 *   idle ──wake──▶ resting ──▶ a step ──more to do──▶ resting
 *    ▲                            │ nothing left
 *    └────────────────────────────┘
 */
import { readFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import type { MessagePort } from 'node:worker_threads';
import type { ToWorker, WorkerData } from './calls.ts';
import { SearchIndex } from './search-index.ts';
import { failureOf, post } from './thread.ts';

/** Before a step, so that many events share it: what is not indexed yet is scanned, and found all the same. */
const restMs = 100;
/** The same while more events a second come in than this: then appends need the processor more. */
const busyRate = 2000;
const busyRestMs = 1000;
/** After a step that failed. */
const retryMs = 1000;

/** Where threads have priorities of their own, others go first. */
function stepBack(): void {
  try {
    const [thread] = readFileSync('/proc/thread-self/stat', 'utf8').split(' ');
    setPriority(Number(thread), constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Not Linux, or not allowed: the rests have to do.
  }
}

export function runIndexer(port: MessagePort, { files }: WorkerData): void {
  stepBack();
  const index = new SearchIndex(files);
  let timer: NodeJS.Timeout | undefined;
  let seen = { place: index.newestPlace(), at: performance.now() };

  const isBusy = (): boolean => {
    const now = { place: index.newestPlace(), at: performance.now() };
    const rate = (1000 * (now.place - seen.place)) / (now.at - seen.at);
    seen = now;
    return rate > busyRate;
  };

  const rest = (delayMs: number): void => {
    timer ??= setTimeout(step, delayMs);
  };

  const step = (): void => {
    timer = undefined;
    try {
      if (index.step()) rest(isBusy() ? busyRestMs : restMs);
      else post(port, { kind: 'idle' });
    } catch (error) {
      post(port, { kind: 'warning', failure: failureOf(error) });
      rest(retryMs);
    }
  };

  port.on('message', (message: ToWorker<never>) => {
    if (message.kind === 'wake') {
      rest(restMs);
    } else if (message.kind === 'close') {
      clearTimeout(timer);
      index.close();
      port.close();
    }
  });
  post(port, { kind: 'ready' });
}
