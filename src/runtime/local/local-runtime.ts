/**
 * The local runtime: commands and files of a conversation in a folder of this machine, as this server's user. It
 * confines file operations to the workspace; it does not confine commands. Whoever needs that runs the server in a
 * container or gives another runtime.
 *
 * The agent and its user have a shell each, so that a command which one of them has left running does not occupy the
 * other's terminal. Each starts at its first command.
 *
 * States of a `LocalRuntime`: *open* (nothing runs until the first command) → *disposed* (nothing is left).
 */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Clock, systemClock } from '../../clock.ts';
import { ConveneError } from '../../errors.ts';
import type { RunnableAction } from '../../events/actions.ts';
import { errorObservation, type Observation, thinkObservation } from '../../events/observations.ts';
import type { ExecuteOptions, Runtime, RuntimeProvider } from '../runtime.ts';
import { commandEnvironment, type Environment } from './environment.ts';
import { FileOperations } from './file-operations.ts';
import { LocalRepositories, type LocalRepositoriesOptions } from './git/local-repositories.ts';
import { LocalHeldWorkspaces } from './local-held-workspaces.ts';
import { Shell } from './shell.ts';
import { Spawner } from './spawner/spawner.ts';
import { Terminal } from './terminal.ts';
import { Watcher } from './watcher.ts';
import { WorkspaceFiles } from './workspace-files.ts';

export interface LocalRuntimeOptions {
  /** The folder of all workspaces: each conversation has one in it, named by its `sid`. */
  readonly folder: string;
  /** @default the system's */
  readonly clock?: Clock;
  /** What commands inherit, secrets and the server's own variables left out. @default the process's */
  readonly environment?: Environment;
  /** For a command that names no time-out. @default 120_000 */
  readonly commandTimeoutMs?: number;
  /** For input to a command that runs. @default 10_000 */
  readonly inputTimeoutMs?: number;
  /** Output of one command that is kept; the middle is cut out of more. At least 2. @default 50_000 */
  readonly maxOutputBytes?: number;
  /** Longest part of a file that one `read` answers with. @default 100_000 */
  readonly maxReadBytes?: number;
  /** Longest file that can be edited. @default 1_000_000 */
  readonly maxEditBytes?: number;
  /** The shell. @default 'bash', looked for on the PATH */
  readonly bash?: string;
}

interface Surroundings extends Required<LocalRuntimeOptions> {
  readonly environment: Readonly<Record<string, string>>;
  readonly watcher: Watcher;
  readonly spawner: Spawner;
}

const sidPattern = /^[A-Za-z0-9_-]{1,64}$/;

export class LocalRuntimeProvider implements RuntimeProvider, AsyncDisposable {
  readonly #surroundings: Surroundings;
  readonly #server: Environment;
  readonly #open = new Set<LocalRuntime>();
  readonly #held: LocalHeldWorkspaces;

  constructor(options: LocalRuntimeOptions) {
    const clock = options.clock ?? systemClock;
    this.#server = options.environment ?? process.env;
    const environment = commandEnvironment(this.#server);
    const watcher = new Watcher(clock, environment['PATH'] ?? '');
    this.#surroundings = {
      commandTimeoutMs: 120_000,
      inputTimeoutMs: 10_000,
      maxOutputBytes: 50_000,
      maxReadBytes: 100_000,
      maxEditBytes: 1_000_000,
      bash: 'bash',
      ...options,
      folder: resolve(options.folder),
      clock,
      environment,
      watcher,
      spawner: new Spawner({ clock, watcher, environment }),
    };
    this.#held = new LocalHeldWorkspaces(this.#surroundings.folder);
  }

  async open(sid: string): Promise<LocalRuntime> {
    const runtime = new LocalRuntime(this.#workspace(sid), this.#surroundings, () =>
      this.#open.delete(runtime),
    );
    this.#open.add(runtime);
    return runtime;
  }

  /** Clones repositories into the workspaces. */
  repositories(options: LocalRepositoriesOptions): LocalRepositories {
    return new LocalRepositories({ ...this.#surroundings, ...options, server: this.#server });
  }

  /** The files of a conversation, without a runtime. */
  files(sid: string): WorkspaceFiles {
    return new WorkspaceFiles({ clock: this.#surroundings.clock, workspace: this.#workspace(sid) });
  }

  async remove(sid: string): Promise<void> {
    const workspace = this.#workspace(sid);
    const open = [...this.#open].filter((runtime) => runtime.workspace === workspace);
    await Promise.all(open.map((runtime) => runtime[Symbol.asyncDispose]()));
    await rm(workspace, { recursive: true, force: true, maxRetries: 3 });
    await this.#held.remove(sid);
  }

  /** Disposes of every runtime, and ends the spawner and the watcher. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open].map((runtime) => runtime[Symbol.asyncDispose]()));
    await this.#surroundings.spawner[Symbol.asyncDispose]();
    await this.#surroundings.watcher[Symbol.asyncDispose]();
  }

  #workspace(sid: string): string {
    if (!sidPattern.test(sid)) throw new ConveneError('invalid_request', 'This is no id of a conversation.');
    return `${this.#surroundings.folder}/${sid}`;
  }
}

export class LocalRuntime implements Runtime {
  readonly workspace: string;
  readonly #surroundings: Surroundings;
  readonly #onDisposed: () => void;
  /** The agent's, and that of its user: neither waits for a command that the other has left running. */
  readonly #terminals = new Map<'agent' | 'user', Terminal>();
  #fileOperations: FileOperations | null = null;
  /** Settled when the last execution that was asked for is over. */
  #last: Promise<unknown> | null = null;
  #disposing: Promise<void> | null = null;

  constructor(workspace: string, surroundings: Surroundings, onDisposed: () => void) {
    this.workspace = workspace;
    this.#surroundings = surroundings;
    this.#onDisposed = onDisposed;
  }

  /**
   * One after the other, in the order of the calls. Where the signal is aborted, a command is answered with
   * what it has printed so far, and what was not begun with an error observation.
   *
   * @throws `runtime_unavailable` where there is no shell, or after the disposal
   */
  async execute(action: RunnableAction, options: ExecuteOptions): Promise<Observation> {
    const before = this.#last;
    const turn = Promise.withResolvers<void>();
    const whole = turn.promise.then(() => before);
    this.#last = whole;
    try {
      if (before !== null) await eitherEnds(before, options.signal);
      if (options.signal.aborted)
        return errorObservation('This was interrupted before it began. It was not executed.');
      if (this.#disposing !== null)
        throw new ConveneError('runtime_unavailable', 'This runtime was disposed of.');
      return await this.#execute(action, options);
    } finally {
      turn.resolve();
      if (this.#last === whole) this.#last = null;
    }
  }

  async interrupt(): Promise<void> {
    await Promise.all([...this.#terminals.values()].map((terminal) => terminal.interrupt()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #dispose(): Promise<void> {
    await Promise.all([...this.#terminals.values()].map((terminal) => terminal.dispose()));
    this.#onDisposed();
  }

  async #execute(action: RunnableAction, options: ExecuteOptions): Promise<Observation> {
    switch (action.action) {
      case 'run':
        return this.#terminalOf(options.source ?? 'agent').run(action, options);
      case 'read':
        return this.#files().read(action);
      case 'write':
        return this.#files().write(action);
      case 'edit':
        return this.#files().edit(action);
      case 'think':
        return thinkObservation('Noted.');
      case 'run_ipython':
        return unsupported('run_ipython', 'Run Python with a command instead, such as python3.');
      case 'browse':
      case 'browse_interactive':
        return unsupported(action.action, 'Fetch pages with a command instead, such as curl.');
      case 'recall':
      case 'call_tool_mcp':
      case 'delegate':
        return unsupported(action.action, 'It was not executed.');
    }
  }

  #terminalOf(source: 'agent' | 'user'): Terminal {
    const known = this.#terminals.get(source);
    if (known !== undefined) return known;
    const shell = new Shell({ ...this.#surroundings, workspace: this.workspace });
    const terminal = new Terminal(shell, this.#surroundings);
    this.#terminals.set(source, terminal);
    return terminal;
  }

  #files(): FileOperations {
    this.#fileOperations ??= new FileOperations({ ...this.#surroundings, workspace: this.workspace });
    return this.#fileOperations;
  }
}

function unsupported(kind: string, advice: string): Observation {
  return errorObservation(`The local runtime does not support ${kind}. ${advice}`, 'unsupported_action');
}

/** Resolves when `promise` is settled or the signal is aborted. */
function eitherEnds(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      signal.removeEventListener('abort', settle);
      resolve();
    };
    signal.addEventListener('abort', settle, { once: true });
    if (signal.aborted) settle();
    void promise.then(settle, settle);
  });
}
