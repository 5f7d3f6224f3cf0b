/**
 * Carries out `run` actions in a shell: time-outs, input for a command that still runs, interruption; and puts
 * what came of it into words.
 *
 * States: *free* → *running* (an answer is awaited) → *free* when the command ends, or → *left running* when its
 * time is over → *running* again for the next input → … A command that ends while nobody waits is *unanswered*
 * until the next action, which gets its rest.
 */
import { hostname, userInfo } from 'node:os';
import type { Clock } from '../../clock.ts';
import type { RunAction } from '../../events/actions.ts';
import { errorObservation, type Observation, runObservation } from '../../events/observations.ts';
import type { ExecuteOptions } from '../runtime.ts';
import { OutputStream } from './output-stream.ts';
import type { CommandEnd, Shell, ShellCommand } from './shell.ts';

export interface TerminalOptions {
  readonly clock: Clock;
  /** Milliseconds for a command whose action names no time-out. */
  readonly commandTimeoutMs: number;
  /** The same for input to a command that runs. */
  readonly inputTimeoutMs: number;
}

interface Started {
  readonly command: ShellCommand;
  end: CommandEnd | null;
}

type Waited = 'ended' | 'time is over' | 'aborted';

const longestTimerMs = 2 ** 31 - 1;
/** Commands that are meant as input even where `is_input` is not set, because nobody would run them. */
const inputWords: ReadonlySet<string> = new Set(['', 'C-c', 'C-d']);

/** Has a shell to itself. */
export class Terminal {
  readonly #shell: Shell;
  readonly #options: TerminalOptions;
  /** The last command, until its end has been told. */
  #started: Started | null = null;

  constructor(shell: Shell, options: TerminalOptions) {
    this.#shell = shell;
    this.#options = options;
  }

  /** One at a time: the caller serialises. */
  async run(action: RunAction, options: ExecuteOptions): Promise<Observation> {
    const text = action.args.command;
    if (text.includes('\0')) {
      return errorObservation(
        'The command contains a NUL character, which no shell can take. It was not executed.',
      );
    }
    if (action.args.is_input || inputWords.has(text.trim())) return this.#input(action, options);
    if (this.#started?.end === null) return this.#stillBusy(action, this.#started.command);
    return this.#command(action, options);
  }

  /** Ends the shell and everything that it ever started. */
  dispose(): Promise<void> {
    return this.#shell.dispose();
  }

  /** Ends a command that was left running. */
  async interrupt(): Promise<void> {
    if (this.#started?.end !== null) return;
    await this.#shell.interrupt();
    this.#started = null;
  }

  async #command(action: RunAction, options: ExecuteOptions): Promise<Observation> {
    const before = this.#started?.end ?? null;
    const stream = this.#watch(options);
    try {
      const command = await this.#shell.run(action.args.command, options.signal);
      const started: Started = { command, end: null };
      this.#started = started;
      void command.ended.then((end) => {
        started.end = end;
      });
      const prefix = [before === null ? '' : endedMeanwhile(before), command.inNewShell ? newShell : ''].join(
        '',
      );
      return await this.#answer(action, started, options, this.#options.commandTimeoutMs, prefix);
    } catch (error) {
      if (!options.signal.aborted) throw error;
      return errorObservation('The command was interrupted before it started. It was not executed.');
    } finally {
      this.#unwatch(stream);
    }
  }

  async #input(action: RunAction, options: ExecuteOptions): Promise<Observation> {
    const started = this.#started;
    if (started === null) {
      return errorObservation(
        'No command is running, so there is nothing that could take this input. Run a command first.',
      );
    }
    const prefix = `[What the command ${JSON.stringify(shortened(started.command.text))} has printed since the last answer:]\n`;
    const stream = this.#watch(options);
    try {
      if (started.end === null) await this.#give(action.args.command);
      return await this.#answer(action, started, options, this.#options.inputTimeoutMs, prefix);
    } finally {
      this.#unwatch(stream);
    }
  }

  async #give(text: string): Promise<void> {
    if (text.trim() === 'C-c') await this.#shell.askToEnd();
    else if (text.trim() === 'C-d') this.#shell.endInput();
    else if (text !== '') this.#shell.write(`${text}\n`);
  }

  async #answer(
    action: RunAction,
    started: Started,
    options: ExecuteOptions,
    defaultMs: number,
    prefix: string,
  ): Promise<Observation> {
    const ms = action.timeout === undefined ? defaultMs : action.timeout * 1000;
    const waited = await this.#wait(started.command, ms, options.signal);
    if (waited === 'aborted') return this.#interrupted(action, prefix);
    const { end } = started;
    const result = {
      prefix,
      pid: end === null ? this.#shell.foregroundPid : -1,
      exitCode: end?.exitCode ?? -1,
    };
    if (end === null) return this.#observe(action, { ...result, suffix: stillRuns(ms) });
    this.#started = null;
    return this.#observe(action, { ...result, suffix: ended(end) });
  }

  #wait(command: ShellCommand, ms: number, signal: AbortSignal): Promise<Waited> {
    return new Promise((resolve) => {
      const settle = (waited: Waited): void => {
        cancel();
        signal.removeEventListener('abort', abort);
        resolve(waited);
      };
      const abort = (): void => settle('aborted');
      const cancel = this.#options.clock.after(Math.min(ms, longestTimerMs), () => settle('time is over'));
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      void command.ended.then(() => settle('ended'));
    });
  }

  async #interrupted(action: RunAction, prefix: string): Promise<Observation> {
    await this.#shell.interrupt();
    this.#started = null;
    const suffix = '\n[The command was interrupted. It may or may not have taken effect.]';
    return this.#observe(action, { prefix, suffix, exitCode: -1, pid: -1 });
  }

  #stillBusy(action: RunAction, running: ShellCommand): Observation {
    const content =
      `[NOT executed: the previous command ${JSON.stringify(shortened(running.text))} still runs. ` +
      'Use is_input with an empty command to wait for it, with text to answer it, or with "C-c" to end it.]';
    return this.#observe(action, {
      prefix: '',
      suffix: '',
      exitCode: -1,
      pid: this.#shell.foregroundPid,
      content,
    });
  }

  #observe(
    action: RunAction,
    result: { prefix: string; suffix: string; exitCode: number; pid: number; content?: string },
  ): Observation {
    const observation = runObservation({
      ...result,
      command: action.args.command,
      hidden: action.args.hidden,
      content: result.content ?? withoutLastNewline(this.#shell.takeOutput()),
      workingDir: this.#shell.workingDirectory,
      username: username(),
      hostname: hostname(),
    });
    const metadata = { ...observation.extras.metadata, py_interpreter_path: this.#shell.python };
    return { ...observation, extras: { ...observation.extras, metadata } };
  }

  #watch({ onOutput }: ExecuteOptions): OutputStream | null {
    if (onOutput === undefined) return null;
    const stream = new OutputStream(this.#options.clock, onOutput);
    this.#shell.onOutput = (chunk) => stream.push(chunk);
    return stream;
  }

  #unwatch(stream: OutputStream | null): void {
    this.#shell.onOutput = null;
    stream?.close();
  }
}

function stillRuns(ms: number): string {
  return (
    `\n[The command still runs after ${ms / 1000} seconds; this is what it has printed so far. Use is_input with an ` +
    'empty command to wait for more, with text to send it input, with "C-d" to end its input, or with "C-c" to end it.]'
  );
}

const newShell =
  "[The shell's private folder was removed, so a new shell was started: functions, aliases and variables that were not " +
  'exported are gone.]\n';

function endedMeanwhile({ exitCode }: CommandEnd): string {
  const how = exitCode === null ? 'was not executed' : `ended meanwhile with exit code ${exitCode}`;
  return `[The previous command ${how}; its rest comes first.]\n`;
}

function ended({ exitCode, shellEnded }: CommandEnd): string {
  if (exitCode === null) return '\n[NOT executed: the shell did not load the command.]';
  if (!shellEnded) return `\n[The command ended with exit code ${exitCode}.]`;
  return (
    `\n[The shell ended with exit code ${exitCode}. The next command starts a new one with the same directory and ` +
    'exported variables; functions, aliases and other variables are gone.]'
  );
}

function shortened(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

function withoutLastNewline(text: string): string {
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

/** A container's user may have no name. */
function username(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}
