/**
 * A server of somebody else's that we start as a child of this process: on a free port of the loopback, with its data in
 * a temporary folder. It ends with this process at the latest, unless this one is killed.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

export const run = promisify(execFile);

export interface ServerProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Under whom it runs, where this process is root and it may not. */
  readonly user?: { readonly uid: number; readonly gid: number } | null;
  /** Asked again and again until it does not throw. */
  readonly isReady: () => Promise<unknown>;
}

const READY_TRIES = 600;
const READY_EVERY_MS = 25;
const STOP_WITHIN_MS = 15_000;

export class ServerProcess {
  readonly #options: ServerProcessOptions;
  #child: ChildProcess | null = null;
  #output = '';

  constructor(options: ServerProcessOptions) {
    this.#options = options;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.#options.command} does not run.`);
    return pid;
  }

  async start(): Promise<void> {
    const { args, command, cwd, isReady, user } = this.#options;
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(user === undefined || user === null ? {} : user),
    });
    this.#child = child;
    this.#output = '';
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString('utf8')).slice(-10_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const failed = once(child, 'error').then(([error]) => Promise.reject(error));
    failed.catch(() => {}); // told by `child.exitCode` below
    process.once('exit', this.#killNow);
    let last: unknown = null;
    for (let attempt = 0; attempt < READY_TRIES; attempt += 1) {
      if (child.exitCode !== null || child.pid === undefined) {
        throw new Error(`${command} ended with ${child.exitCode}:\n${this.#output}`);
      }
      try {
        await isReady();
        return;
      } catch (error) {
        last = error;
        await delay(READY_EVERY_MS);
      }
    }
    await this.end('SIGKILL');
    throw new Error(`${command} did not become ready: ${last}\n${this.#output}`);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Resolves when it has ended; one that does not within 15 s is killed. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    process.off('exit', this.#killNow);
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGCONT'); // one that is paused hears nothing else
    child.kill(signal);
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await ended;
    clearTimeout(kill);
  }

  readonly #killNow = (): void => {
    this.#child?.kill('SIGKILL');
  };
}

/** Starts what `server` is made of; where that fails, `server` is disposed of. */
export async function started<Server extends AsyncDisposable>(
  server: Server,
  process: ServerProcess,
): Promise<Server> {
  try {
    await process.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  return address.port;
}
