/**
 * A runtime without processes and files, for tests and simulations: a script says what comes of each action and
 * how long it takes on the given clock. What was executed is recorded, so that "at most once" can be checked.
 *
 * @example
 * ```ts
 * const runtimes = new MemoryRuntimeProvider({ clock, script: (action) => ({ content: 'done', afterMs: 200 }) });
 * ```
 */
import { type Clock, delay } from '../clock.ts';
import { ConveneError } from '../errors.ts';
import type { RunnableAction } from '../events/actions.ts';
import {
  editObservation,
  errorObservation,
  type Observation,
  readObservation,
  runObservation,
  thinkObservation,
  writeObservation,
} from '../events/observations.ts';
import type { ExecuteOptions, Runtime, RuntimeProvider } from './runtime.ts';

export interface ScriptedAnswer {
  /** What comes of it. @default that of a quiet success */
  readonly content?: string;
  /** Of a `run`. @default 0 */
  readonly exitCode?: number;
  /** How long it takes. @default 0 */
  readonly afterMs?: number;
  /** The whole observation, in place of `content` and `exitCode`. */
  readonly observation?: Observation;
}

/** May throw: then so does `execute`. */
export type RuntimeScript = (action: RunnableAction, sid: string) => ScriptedAnswer;

export interface Execution {
  readonly sid: string;
  readonly action: RunnableAction;
  readonly source: 'agent' | 'user';
  outcome: 'under way' | 'answered' | 'interrupted' | 'failed';
}

export interface MemoryRuntimeOptions {
  readonly clock: Clock;
  /** @default every action succeeds at once; `read` answers with what `write` has written */
  readonly script?: RuntimeScript;
}

export class MemoryRuntimeProvider implements RuntimeProvider {
  readonly #clock: Clock;
  readonly #script: RuntimeScript;
  /** Files by workspace and path. */
  readonly #files = new Map<string, Map<string, string>>();
  /** Everything that was executed, in the order in which it began. */
  readonly executed: Execution[] = [];

  constructor(options: MemoryRuntimeOptions) {
    this.#clock = options.clock;
    this.#script = options.script ?? (() => ({}));
  }

  async open(sid: string): Promise<Runtime> {
    const files = this.#files.get(sid) ?? new Map<string, string>();
    this.#files.set(sid, files);
    return new MemoryRuntime(sid, this.#clock, this.#script, files, this.executed);
  }

  async remove(sid: string): Promise<void> {
    this.#files.delete(sid);
  }
}

class MemoryRuntime implements Runtime {
  readonly workspace: string;
  readonly #sid: string;
  readonly #clock: Clock;
  readonly #script: RuntimeScript;
  readonly #files: Map<string, string>;
  readonly #executed: Execution[];
  readonly #disposal = new AbortController();

  constructor(
    sid: string,
    clock: Clock,
    script: RuntimeScript,
    files: Map<string, string>,
    executed: Execution[],
  ) {
    this.workspace = `/workspace/${sid}`;
    this.#sid = sid;
    this.#clock = clock;
    this.#script = script;
    this.#files = files;
    this.#executed = executed;
  }

  async execute(action: RunnableAction, options: ExecuteOptions): Promise<Observation> {
    if (this.#disposal.signal.aborted)
      throw new ConveneError('runtime_unavailable', 'This runtime was disposed of.');
    if (options.signal.aborted)
      return errorObservation('This was interrupted before it began. It was not executed.');
    const { source = 'agent' } = options;
    const execution: Execution = { sid: this.#sid, action, source, outcome: 'under way' };
    this.#executed.push(execution);
    try {
      const answer = this.#script(action, this.#sid);
      const signal = AbortSignal.any([options.signal, this.#disposal.signal]);
      if (answer.afterMs && (await interrupted(delay(this.#clock, answer.afterMs, signal), signal))) {
        execution.outcome = 'interrupted';
        return errorObservation('The action was interrupted. It may or may not have taken effect.');
      }
      if (answer.content !== undefined) options.onOutput?.(answer.content);
      const observation = answer.observation ?? this.#answer(action, answer);
      execution.outcome = 'answered';
      return observation;
    } finally {
      if (execution.outcome === 'under way') execution.outcome = 'failed';
    }
  }

  async interrupt(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal.abort();
  }

  #answer(action: RunnableAction, { content, exitCode = 0 }: ScriptedAnswer): Observation {
    switch (action.action) {
      case 'run': {
        const { command, hidden } = action.args;
        return runObservation({
          command,
          hidden,
          exitCode,
          content: content ?? '',
          workingDir: this.workspace,
        });
      }
      case 'read':
        return this.#read(action.args.path, content);
      case 'write':
        this.#files.set(action.args.path, action.args.content);
        return writeObservation(action.args.path, content);
      case 'edit': {
        const { path } = action.args;
        const oldContent = this.#files.get(path) ?? null;
        const newContent = action.args.file_text ?? action.args.new_str ?? action.args.content;
        this.#files.set(path, newContent);
        return editObservation({ path, content: content ?? '', oldContent, newContent });
      }
      case 'think':
        return thinkObservation(content ?? '');
      default:
        return errorObservation(`This runtime does not support ${action.action}.`, 'unsupported_action');
    }
  }

  #read(path: string, scripted: string | undefined): Observation {
    const content = scripted ?? this.#files.get(path);
    if (content === undefined)
      return errorObservation(`There is no file or folder: ${path}`, 'file_not_found');
    return readObservation(path, content);
  }
}

/** Whether `wait` ended because `signal` was aborted. */
async function interrupted(wait: Promise<void>, signal: AbortSignal): Promise<boolean> {
  try {
    await wait;
    return false;
  } catch (error) {
    if (signal.aborted) return true;
    throw error;
  }
}
