/**
 * The main thread's end of one worker: calls out, answers in. The calls of one turn of the event loop travel in one
 * message, in their order, and so do the answers of one commit: the oldest call that waits is answered first. Calls
 * leave when the turn's other work is done, so that a busy store never keeps timers and sockets from their turn; the
 * first of an idle thread leaves at once.
 *
 *   starting ──ready──▶ open ──close()──▶ closing ──thread ended──▶ closed
 *       │                │ the thread ended by itself
 *       └────failed──▶ dead: calls under way reject with `lost`, later ones with `store_unavailable`
 *
 * The thread keeps the process alive only while an answer is awaited.
 */
import { Worker } from 'node:worker_threads';
import { ConveneError, type ErrorCode } from '../../errors.ts';
import {
  type Answer,
  type Argument,
  type Call,
  type FromWorker,
  isFailed,
  type Result,
  type ToWorker,
  type WorkerData,
} from './calls.ts';

/**
 * What is answered, and all that its callers do at once, may take so long, in ms: a commit may answer hundreds. So many
 * answers are told at least, and at most.
 */
const portionMs = 2;
const leastPortion = 16;
const mostPortion = 512;

/** So many calls leave before their turn ends, once a turn: then the thread is at work while the rest is made. */
const manyCalls = 256;

/** Bounds of what may be under way: beyond them a call is refused as `store_unavailable`. */
export interface ChannelBounds {
  readonly calls: number;
  /** In bytes, as the callers state them; one call alone may be larger. */
  readonly bytes: number;
}

export interface ChannelOptions {
  readonly bounds: ChannelBounds;
  /** What a call is answered with when the thread dies under it. */
  readonly lost: ErrorCode & ('outcome_unknown' | 'store_unavailable');
  readonly onIdle: (() => void) | undefined;
  readonly onWarning: (error: ConveneError) => void;
}

interface Pending {
  resolve(value: never): void;
  reject(error: ConveneError): void;
  readonly bytes: number;
}

export class WorkerChannel<Calls> {
  readonly #worker: Worker;
  readonly #options: ChannelOptions;
  readonly #bell = new Int32Array(new SharedArrayBuffer(4));
  /** From the oldest call to the newest. */
  #pending: Pending[] = [];
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #outbox: Call<Calls>[] = [];
  #state: 'starting' | 'open' | 'closing' | 'closed' | 'dead' = 'starting';
  /** Whether calls were made in this turn of the event loop, and whether many of them have left before its end. */
  #turn: 'none' | 'begun' | 'sent early' = 'none';
  #bytes = 0;
  /** Answers that have come and are not told yet; how many are told at once. */
  readonly #answers: Answer[] = [];
  #isTelling = false;
  #portion = leastPortion;

  constructor(entry: URL, data: Omit<WorkerData, 'bell'>, options: ChannelOptions) {
    this.#options = options;
    this.#worker = new Worker(entry, {
      workerData: { ...data, bell: this.#bell } satisfies WorkerData,
      execArgv: [],
    });
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', (cause) => this.#end(cause));
    this.#worker.on('exit', () => this.#end());
    // Who does not wait for the opening is not to be told of its failure.
    this.#ready.promise.catch(() => {});
  }

  /** Lets the thread open its files. Throws what kept it from it. */
  async open(): Promise<void> {
    this.#post({ kind: 'open' });
    await this.#ready.promise;
  }

  call<Name extends keyof Calls>(
    name: Name,
    argument: Argument<Calls, Name>,
    bytes = 1000,
  ): Promise<Result<Calls, Name>> {
    const refusal = this.#refusal(bytes);
    if (refusal !== null) return Promise.reject(refusal);
    const isIdle = this.#pending.length === 0;
    if (isIdle) this.#worker.ref();
    const { promise, resolve, reject } = Promise.withResolvers<Result<Calls, Name>>();
    this.#pending.push({ resolve, reject, bytes });
    this.#bytes += bytes;
    this.#outbox.push([name, argument]);
    if (isIdle) this.#flush();
    else this.#schedule();
    return promise;
  }

  wake(): void {
    if (this.#state === 'open') this.#post({ kind: 'wake' });
  }

  /** Lets the thread answer what it was asked, and waits for its end. */
  async close(): Promise<void> {
    if (this.#state === 'starting' || this.#state === 'open') {
      this.#state = 'closing';
      this.#flush();
      this.#worker.ref();
      this.#post({ kind: 'close' });
    }
    await this.#ended.promise;
  }

  #refusal(bytes: number): ConveneError | null {
    if (this.#state === 'dead') return new ConveneError('store_unavailable', 'A thread of the store ended.');
    if (this.#state !== 'open') return new ConveneError('store_unavailable', 'The store is not open.');
    const { bounds } = this.#options;
    const isFull = this.#pending.length >= bounds.calls;
    const isHeavy = this.#bytes > 0 && this.#bytes + bytes > bounds.bytes;
    return isFull || isHeavy
      ? new ConveneError('store_unavailable', 'The store is too busy. Try again.')
      : null;
  }

  #schedule(): void {
    if (this.#turn === 'none') {
      this.#turn = 'begun';
      setImmediate(() => {
        this.#turn = 'none';
        this.#flush();
      });
    } else if (this.#turn === 'begun' && this.#outbox.length >= manyCalls) {
      this.#turn = 'sent early';
      this.#flush();
    }
  }

  #flush(): void {
    if (this.#outbox.length === 0) return;
    const calls = this.#outbox;
    this.#outbox = [];
    this.#post({ kind: 'calls', calls });
  }

  #post(message: ToWorker<Calls>): void {
    this.#worker.postMessage(message);
    Atomics.add(this.#bell, 0, 1);
    Atomics.notify(this.#bell, 0);
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        if (this.#state === 'starting') this.#state = 'open';
        this.#worker.unref();
        this.#ready.resolve();
        break;
      case 'failed':
        this.#ready.reject(new ConveneError(message.failure.code, message.failure.message));
        break;
      case 'answers':
        this.#answers.push(...message.answers);
        if (!this.#isTelling) this.#tell();
        break;
      case 'idle':
        this.#options.onIdle?.();
        break;
      case 'warning':
        this.#options.onWarning(new ConveneError(message.failure.code, message.failure.message));
    }
  }

  /** Tells a portion of the answers, and the rest in turns of the event loop to come. */
  #tell(): void {
    this.#isTelling = true;
    const begun = performance.now();
    this.#settle(this.#answers.splice(0, this.#portion));
    // From a microtask, so that it comes when everything has been done that follows from these answers at once.
    queueMicrotask(() => process.nextTick(() => this.#measure(performance.now() - begun)));
    if (this.#answers.length === 0) this.#isTelling = false;
    else setImmediate(() => this.#tell());
  }

  #measure(ms: number): void {
    if (ms > portionMs) this.#portion = Math.max(this.#portion / 2, leastPortion);
    else if (this.#isTelling && ms < portionMs / 2) this.#portion = Math.min(this.#portion * 2, mostPortion);
  }

  #settle(answers: readonly Answer[]): void {
    const answered = this.#pending.splice(0, answers.length);
    for (const [index, answer] of answers.entries()) {
      const pending = answered[index];
      this.#bytes -= pending?.bytes ?? 0;
      if (isFailed(answer)) pending?.reject(new ConveneError(answer.failure.code, answer.failure.message));
      else pending?.resolve(answer);
    }
    if (this.#pending.length === 0 && this.#state === 'open') this.#worker.unref();
  }

  /** The thread has ended: because it was asked to, or by itself. */
  #end(cause?: unknown): void {
    if (this.#state === 'closing') this.#state = 'closed';
    else if (this.#state !== 'closed') this.#state = 'dead';
    this.#ready.reject(new ConveneError('store_unavailable', 'A thread of the store ended.', { cause }));
    this.#settle(this.#answers.splice(0));
    const lost = new ConveneError(this.#options.lost, undefined, { cause });
    for (const { reject } of this.#pending.splice(0)) reject(lost);
    this.#ended.resolve();
  }
}
