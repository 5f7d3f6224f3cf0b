/**
 * A child process, seen from the benchmark.
 *
 *   starting ──(ready)──▶ open ──dispose (the line is cut)──▶ ended
 *
 * It ends by itself when its line is cut; where it does not within `END_MS`, it is killed by its id.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, Arguments, ReplyMessage } from './line.ts';

const END_MS = 20_000;

export interface ChildOptions {
  /** Flags for Node. */
  readonly flags?: readonly string[];
  /** A command that runs Node, such as a tracer. */
  readonly wrapper?: readonly string[];
  readonly args?: readonly string[];
}

interface Pending {
  resolve(value: never): void;
  reject(error: Error): void;
}

export class Child<Calls> implements AsyncDisposable {
  /** Told of the child's progress. */
  onNote: ((progress: number) => void) | null = null;
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #pending = new Map<number, Pending>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  /** The process that answers: under a wrapper it is a child of ours. */
  #pid: number | undefined;
  #number = 0;

  private constructor(name: string, { args = [], flags = [], wrapper = [] }: ChildOptions) {
    this.#name = name;
    const file = fileURLToPath(new URL(`./processes/${name}.ts`, import.meta.url));
    const [command = process.execPath, ...rest] = [...wrapper, process.execPath, ...flags, file, ...args];
    this.#process = spawn(command, rest, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    this.#process.on('message', (message: ReplyMessage) => this.#receive(message));
    this.#process.on('error', (error) => this.#end(error));
    this.#process.on('exit', (code, signal) =>
      this.#end(new Error(`The process "${name}" ended (${signal ?? code}).`)),
    );
  }

  /** `name`: of a file in `processes`. Resolves when it answers. */
  static async start<Calls>(name: string, options: ChildOptions = {}): Promise<Child<Calls>> {
    const child = new Child<Calls>(name, options);
    await child.#ready.promise;
    return child;
  }

  call<Name extends keyof Calls & string>(
    name: Name,
    ...[argument]: Arguments<Calls, Name>
  ): Promise<Awaited<Answer<Calls, Name>>> {
    this.#number += 1;
    const number = this.#number;
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<Answer<Calls, Name>>>();
    this.#pending.set(number, { resolve, reject });
    this.#process.send({ number, name, argument }, (error) => {
      if (error !== null) this.#settle(number)?.reject(error);
    });
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    const kill = setTimeout(() => {
      for (const pid of new Set([this.#pid, this.#process.pid])) {
        if (pid !== undefined && this.#process.exitCode === null) process.kill(pid, 'SIGKILL');
      }
    }, END_MS);
    await this.#ended.promise;
    clearTimeout(kill);
  }

  #receive(message: ReplyMessage): void {
    if ('ready' in message) {
      this.#pid = message.ready;
      this.#ready.resolve();
    } else if ('note' in message) {
      this.onNote?.(message.note);
    } else if ('failure' in message) {
      this.#settle(message.number)?.reject(new Error(`${this.#name}: ${message.failure}`));
    } else {
      this.#settle(message.number)?.resolve(answerOf(message));
    }
  }

  #settle(number: number): Pending | undefined {
    const pending = this.#pending.get(number);
    this.#pending.delete(number);
    return pending;
  }

  #end(error: Error): void {
    this.#ready.reject(error);
    for (const number of [...this.#pending.keys()]) this.#settle(number)?.reject(error);
    this.#ended.resolve();
  }
}

/** Typed by the call that it answers. */
function answerOf(message: { readonly value: unknown }): never;
function answerOf(message: { readonly value: unknown }): unknown {
  return message.value;
}
