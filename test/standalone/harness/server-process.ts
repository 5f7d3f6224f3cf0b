/**
 * A server as users have it: the command line in a process of its own.
 *
 *   starting ──(it says where it listens)──▶ running ──(signal, crash)──▶ ended
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from './api.ts';

const main = join(import.meta.dirname, '../../../src/cli/main.ts');
const START_MS = 20_000;

export interface ServerProcessOptions {
  readonly dataDir: string;
  /** More flags of `serve`. */
  readonly args?: readonly string[];
  /** More environment: a server inherits next to nothing of the test's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of Node. */
  readonly nodeArgs?: readonly string[];
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class ServerProcess implements AsyncDisposable {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  /** From the start of the process to the line that says where it listens. */
  startMs = Number.NaN;
  stdout = '';
  stderr = '';
  #url: string | null = null;
  readonly #child: ChildProcess;
  readonly #listening: Promise<void>;

  private constructor({ dataDir, args = [], env = {}, nodeArgs = [] }: ServerProcessOptions) {
    const { HOME = '/', PATH = '' } = process.env;
    const startedAt = performance.now();
    this.#child = spawn(
      process.execPath,
      [...nodeArgs, main, 'serve', '--port', '0', '--data-dir', dataDir, ...args],
      {
        cwd: tmpdir(),
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { HOME, PATH, NODE_COMPILE_CACHE: join(tmpdir(), 'e2e-compile-cache'), ...env },
      },
    );
    this.pid = this.#child.pid ?? -1;
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.#listening = new Promise((resolve) => {
      this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        this.stdout += text;
        const url = /^Convene is listening on (\S+)$/m.exec(this.stdout)?.[1];
        if (url === undefined || this.#url !== null) return;
        this.startMs = performance.now() - startedAt;
        this.#url = url;
        resolve();
      });
    });
  }

  /** Resolves when the server has said where it listens. */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const server = ServerProcess.spawn(options);
    const timeout = setTimeout(() => server.signal('SIGKILL'), START_MS);
    const first = await Promise.race([server.#listening, server.ended]);
    clearTimeout(timeout);
    if (first !== undefined) throw new Error(`the server did not start: ${server.stderr}`);
    return server;
  }

  /** One that may fail to start. */
  static spawn(options: ServerProcessOptions): ServerProcess {
    return new ServerProcess(options);
  }

  get url(): string {
    if (this.#url === null) throw new Error('the server does not listen');
    return this.#url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get api(): Api {
    return new Api(this.url);
  }

  /** Lines of its log that tell of errors. */
  get errors(): string[] {
    return this.stderr
      .split('\n')
      .filter((line) => /"level":(50|60)/.test(line) || /Warning|Error/.test(line));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when the process is gone. */
  async kill(): Promise<ProcessEnd> {
    this.signal('SIGKILL');
    return this.ended;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProcessEnd> {
    this.signal(signal);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
