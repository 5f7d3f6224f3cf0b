/**
 * The server's end of the spawner: a small process beside the server that makes its pipes and starts its shells. A fork
 * copies the page tables of the process that does it, and stops its event loop for as long: 6 ms and more in a server, a
 * quarter of that in the spawner, and nobody waits behind it there.
 *
 * States: *idle* (no process) → *running* from the first request on; where it ends by itself, so do all that it started, and
 * the next request starts another → *disposed*.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import type { Clock } from '../../../clock.ts';
import { ConveneError } from '../../../errors.ts';
import { withTags } from '../environment.ts';
import { send } from '../process-tree.ts';
import type { Watcher } from '../watcher.ts';
import { within } from '../within.ts';
import type { Answer, FromSpawner, Program, ToSpawner } from './messages.ts';

const helper = new URL(`./helper${extname(import.meta.url)}`, import.meta.url);
const answerMs = 10_000;
const disposeMs = 1000;
const killedCode = 137;

export interface SpawnerOptions {
  readonly clock: Clock;
  /** Ends the spawner with the server. */
  readonly watcher: Watcher;
  /** What the spawner has in its own environment. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface StartedProgram {
  /** Also its process group and session. */
  readonly pid: number;
  /** Its exit code; 128 and the signal's number where a signal ended it. */
  readonly ended: Promise<number>;
}

type WithoutId<Request> = Request extends ToSpawner ? Omit<Request, 'id'> : never;

interface Asked {
  readonly answer: PromiseWithResolvers<Answer>;
  /** Called with the exit code of what is started. */
  readonly end: (exitCode: number) => void;
}

interface Living {
  readonly pid: number;
  readonly end: (exitCode: number) => void;
}

export class Spawner implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #watcher: Watcher;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #asked = new Map<number, Asked>();
  readonly #living = new Map<number, Living>();
  #lastId = 0;
  #child: ChildProcess | null = null;
  #disposed = false;

  constructor({ clock, watcher, environment }: SpawnerOptions) {
    this.#clock = clock;
    this.#watcher = watcher;
    this.#environment = withTags(environment, watcher.tag);
  }

  /** Starts the process where there is none, so that the first request need not wait for it. */
  warm(): void {
    if (!this.#disposed) this.#child ??= this.#fork();
  }

  /**
   * Makes named pipes, for this user only.
   *
   * @throws `runtime_unavailable`
   */
  async makePipes(paths: readonly string[]): Promise<void> {
    const answer = await this.#ask({ ask: 'pipes', paths });
    if (answer.tell === 'failed')
      throw unavailable(`The pipes of the shell could not be made: ${answer.message}`);
  }

  /**
   * Starts a program in a session of its own. Its named pipes must have other ends already.
   *
   * @throws `runtime_unavailable`
   */
  async start(program: Program): Promise<StartedProgram> {
    const { promise: ended, resolve: end } = Promise.withResolvers<number>();
    const answer = await this.#ask({ ask: 'start', ...program }, end);
    if (answer.tell === 'started') return { pid: answer.pid, ended };
    throw unavailable(whyNotStarted(program.program, answer));
  }

  /** Ends the process; what it has started should have been ended before. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    const child = this.#child;
    if (child === null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.ref();
    child.kill('SIGKILL');
    await within(this.#clock, disposeMs, ended);
  }

  async #ask(request: WithoutId<ToSpawner>, end: Asked['end'] = () => {}): Promise<Answer> {
    if (this.#disposed) throw unavailable('The runtimes of this server were shut down.');
    this.#child ??= this.#fork();
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = Promise.withResolvers<Answer>();
    this.#asked.set(id, { answer, end });
    // Where it can't be sent, the process is gone, which is what the request is told.
    this.#child.send({ ...request, id }, () => {});
    this.#child.channel?.ref();
    try {
      if (await within(this.#clock, answerMs, answer.promise)) return await answer.promise;
      throw unavailable('The process that starts the shells does not answer.');
    } finally {
      this.#asked.delete(id);
      if (this.#asked.size === 0) this.#child?.channel?.unref();
    }
  }

  #fork(): ChildProcess {
    const child = fork(helper, [], {
      cwd: '/',
      env: this.#environment,
      // Not what the server was started with: an inspector's port, a profile.
      execArgv: [],
      // A session of its own: Ctrl-C in the server's terminal does not reach it.
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (message) => this.#receive(message as FromSpawner));
    child.once('exit', () => this.#gone(child));
    child.once('error', () => this.#gone(child));
    child.unref();
    child.channel?.unref();
    if (child.pid !== undefined) this.#watcher.add(child.pid);
    return child;
  }

  #receive(message: FromSpawner): void {
    if (message.tell === 'ended') {
      this.#living.get(message.id)?.end(message.exitCode);
      this.#living.delete(message.id);
      return;
    }
    const asked = this.#asked.get(message.id);
    asked?.answer.resolve(message);
    if (message.tell !== 'started') return;
    if (asked === undefined)
      send(-message.pid, 'SIGKILL'); // too late: nobody knows of it
    else this.#living.set(message.id, { pid: message.pid, end: asked.end });
  }

  /** Nobody would tell the end of what it has started. */
  #gone(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = null;
    if (child.pid !== undefined) this.#watcher.remove(child.pid);
    for (const { answer } of this.#asked.values())
      answer.reject(unavailable('The process that starts the shells has ended.'));
    for (const { pid, end } of this.#living.values()) {
      send(-pid, 'SIGKILL');
      end(killedCode);
    }
    this.#living.clear();
  }
}

function unavailable(message: string): ConveneError {
  return new ConveneError('runtime_unavailable', message);
}

function whyNotStarted(program: string, answer: Answer): string {
  if (answer.tell !== 'failed') return `The shell ${program} could not be started.`;
  return answer.code === 'ENOENT'
    ? `The shell ${program} was not found. Commands need bash: install it, or put it on the server's PATH.`
    : `The shell ${program} could not be started: ${answer.message}`;
}
