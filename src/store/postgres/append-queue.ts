/**
 * What changes conversations: of each conversation one thing at a time, in the order in which it was asked for. Appends that
 * wait together go together, in one statement and one commit; while it is under way, the next ones are gathered.
 *
 * A conversation's lane: idle ──asked──▶ ready ──▶ under way ──▶ ready again, or idle
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
const MOST = 250;
const MOST_SIZE = 4_000_000;
const MANY_LANES = 8;
/** Statements under way: of appends, so that one is prepared while the other one is carried out, and of anything else. */
const MOST_SENDS = 2;
const MOST_RUNS = 4;

export class AppendQueue<Request extends { readonly sid: string }, Answer> {
  readonly #options: AppendQueueOptions<Request, Answer>;
  /** What waits, by conversation. A lane is there as long as something of it waits or is under way. */
  readonly #lanes = new Map<string, Task<Request, Answer>[]>();
  /** Lanes whose first task may begin, those that have waited longest first. */
  readonly #ready = new Set<string>();
  #sends = 0;
  #runs = 0;
  #isDue = false;
  #idle = Promise.withResolvers<void>();

  constructor(options: AppendQueueOptions<Request, Answer>) {
    this.#options = options;
  }

  append(request: Request, size: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#add(request.sid, { append: { request, size, resolve, reject } });
    });
  }

  /** Anything else that has its place in the order of this conversation. */
  run<T>(sid: string, task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#add(sid, { run: () => task().then(resolve, reject) });
    });
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    while (this.#lanes.size > 0) await this.#idle.promise;
  }

  #add(sid: string, task: Task<Request, Answer>): void {
    const lane = this.#lanes.get(sid);
    if (lane === undefined) {
      this.#lanes.set(sid, [task]);
      this.#ready.add(sid);
    } else {
      lane.push(task);
    }
    if (this.#isDue) return;
    this.#isDue = true;
    // A microtask later: what is asked for in the same turn goes together.
    queueMicrotask(() => this.#begin());
  }

  #begin(): void {
    this.#isDue = false;
    const batch = this.#sends < MOST_SENDS ? this.#nextBatch() : [];
    if (batch.length > 0) void this.#send(batch);
    for (const sid of this.#ready) {
      if (this.#runs >= MOST_RUNS) return;
      const run = this.#lanes.get(sid)?.[0]?.run;
      if (run !== undefined) void this.#run(sid, run);
    }
  }

  /** The appends at the heads of the ready lanes; these are under way then. Of many lanes, one each: that is quicker. */
  #nextBatch(): Waiting<Request, Answer>[] {
    const batch: Waiting<Request, Answer>[] = [];
    const mostOfOne = this.#ready.size >= MANY_LANES ? 1 : MOST;
    let size = 0;
    for (const sid of this.#ready) {
      const lane = this.#lanes.get(sid) ?? [];
      for (let taken = 0; taken < mostOfOne; taken += 1) {
        const append = lane[0]?.append;
        if (append === undefined) break;
        if (batch.length === MOST) return batch;
        if (batch.length > 0 && size + append.size > MOST_SIZE) return batch;
        size += append.size;
        batch.push(append);
        lane.shift();
        this.#ready.delete(sid);
      }
    }
    return batch;
  }

  async #send(batch: readonly Waiting<Request, Answer>[]): Promise<void> {
    this.#sends += 1;
    try {
      const answers = await this.#options.send(batch.map(({ request }) => request));
      for (const [index, { reject, resolve }] of batch.entries()) {
        const answer = answers[index];
        if (answer === undefined) reject(new ConveneError('internal', 'An append was not answered.'));
        else resolve(answer);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    this.#sends -= 1;
    this.#over(new Set(batch.map(({ request }) => request.sid)));
  }

  async #run(sid: string, run: () => Promise<void>): Promise<void> {
    this.#runs += 1;
    this.#ready.delete(sid);
    this.#lanes.get(sid)?.shift();
    await run();
    this.#runs -= 1;
    this.#over([sid]);
  }

  /** Nothing of these is under way any more. */
  #over(sids: Iterable<string>): void {
    for (const sid of sids) {
      if (this.#lanes.get(sid)?.length === 0) this.#lanes.delete(sid);
      else this.#ready.add(sid);
    }
    if (this.#ready.size > 0 && !this.#isDue) {
      this.#isDue = true;
      queueMicrotask(() => this.#begin());
    }
    if (this.#lanes.size > 0) return;
    this.#idle.resolve();
    this.#idle = Promise.withResolvers();
  }
}
