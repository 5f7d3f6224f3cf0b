/**
 * What changes conversations, in the order in which it was asked for: one statement at a time. Appends that wait
 * together go together, in one commit.
 */
import { ConveneError } from '../../errors.ts';

interface Waiting<Request, Answer> {
  readonly request: Request;
  readonly size: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

type Task<Request, Answer> =
  | { readonly append: Waiting<Request, Answer>; readonly run?: undefined }
  | { readonly run: () => Promise<void>; readonly append?: undefined };

export interface AppendQueueOptions<Request, Answer> {
  /** All or none of them. Answers in their order. */
  readonly send: (requests: readonly Request[]) => Promise<readonly Answer[]>;
}

/** How much goes with one statement: requests, and characters. */
const MOST = 500;
const MOST_SIZE = 4_000_000;

export class AppendQueue<Request, Answer> {
  readonly #options: AppendQueueOptions<Request, Answer>;
  #tasks: Task<Request, Answer>[] = [];
  #working: Promise<void> | null = null;

  constructor(options: AppendQueueOptions<Request, Answer>) {
    this.#options = options;
  }

  append(request: Request, size: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#add({ append: { request, size, resolve, reject } });
    });
  }

  /** Anything else that has its place in the order. */
  run<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#add({ run: () => task().then(resolve, reject) });
    });
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    while (this.#working !== null) await this.#working;
  }

  #add(task: Task<Request, Answer>): void {
    this.#tasks.push(task);
    // A microtask later: what is asked for in the same turn goes together.
    this.#working ??= Promise.resolve().then(() => this.#work());
  }

  async #work(): Promise<void> {
    while (this.#tasks.length > 0) {
      const batch = this.#nextBatch();
      if (batch.length > 0) await this.#send(batch);
      else await this.#tasks.shift()?.run?.();
    }
    // In the same turn in which it was seen that nothing waits.
    this.#working = null;
  }

  /** The appends at the head of the queue. */
  #nextBatch(): Waiting<Request, Answer>[] {
    const batch: Waiting<Request, Answer>[] = [];
    let size = 0;
    for (const { append } of this.#tasks) {
      if (append === undefined || batch.length === MOST) break;
      size += append.size;
      if (batch.length > 0 && size > MOST_SIZE) break;
      batch.push(append);
    }
    this.#tasks.splice(0, batch.length);
    return batch;
  }

  /** What the server refuses as a whole is sent one by one, so that one failure is only its own. */
  async #send(batch: readonly Waiting<Request, Answer>[]): Promise<void> {
    try {
      const answers = await this.#options.send(batch.map(({ request }) => request));
      for (const [index, { reject, resolve }] of batch.entries()) {
        const answer = answers[index];
        if (answer === undefined) reject(new ConveneError('internal', 'An append was not answered.'));
        else resolve(answer);
      }
    } catch (error) {
      const isRefused = error instanceof ConveneError && error.code === 'store_unavailable';
      if (isRefused && batch.length > 1) for (const one of batch) await this.#send([one]);
      else for (const { reject } of batch) reject(error);
    }
  }
}
