/**
 * The shell of a workspace: one bash that runs one command at a time. Directory, variables and functions live as
 * long as it does; directory and exported variables survive even its end, because the next bash takes them over.
 *
 * States:
 *
 *   closed ──run──▶ idle ⇄ busy     closed: no bash (none yet, or the last one has ended: `exit`, `kill -9`)
 *     ▲──────────────┴───────┘      idle: bash waits; busy: it runs a command
 *   any ──dispose──▶ disposed       nothing that it ever started is left
 *
 * Where its private folder was removed, bash is replaced before the next command, and the new one takes the same over.
 *
 * The caller serialises `run`; everything else may be called at any time. Output that comes while no command runs
 * (of background processes) is kept and comes in front of the next command's.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { ConveneError } from '../../errors.ts';
import { type Bash, startBash } from './bash.ts';
import { withTags } from './environment.ts';
import { OutputBuffer } from './output-buffer.ts';
import { hasProcessTable, ticksPerSecond, youngestChild } from './process-table.ts';
import {
  killAll,
  processesOfCommand,
  processesOfShell,
  type ShellIdentity,
  send,
  signalTogether,
} from './process-tree.ts';
import { ShellPremises } from './shell-premises.ts';
import { leaveInstruction, openingScript, reportInstruction, runInstruction } from './shell-script.ts';
import type { Spawner } from './spawner/spawner.ts';
import type { Watcher } from './watcher.ts';
import { within } from './within.ts';

const startMs = 10_000;
/** How long bash has to come back after an interruption, or after C-c, before it is killed too. */
const comeBackMs = 300;
const killMs = 2000;

export interface ShellOptions {
  readonly clock: Clock;
  readonly watcher: Watcher;
  readonly spawner: Spawner;
  /** The program, by name or path. */
  readonly bash: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly workspace: string;
  readonly maxOutputBytes: number;
}

export interface CommandEnd {
  /** Null where bash could not load the command: nothing of it was executed. */
  readonly exitCode: number | null;
  /** Whether bash ended with it. */
  readonly shellEnded: boolean;
}

export interface ShellCommand {
  readonly text: string;
  /** Whether bash had to be replaced before it, because its private folder was lost. */
  readonly inNewShell: boolean;
  readonly ended: Promise<CommandEnd>;
}

interface CommandUnderWay extends ShellCommand {
  readonly number: number;
  readonly startedAt: number;
  readonly end: (end: CommandEnd) => void;
}

interface LiveBash extends Bash {
  /** Rather too late than too early: what is younger than a command must not look older. */
  readonly startedAt: number;
}

export class Shell {
  readonly #options: ShellOptions;
  readonly #tag: string;
  /** Marks reports in the output. */
  readonly #token: string;
  #premises: ShellPremises | null = null;
  /** When the first bash started, in ticks: nothing that is older can come from here. */
  #since = Number.POSITIVE_INFINITY;
  #bash: LiveBash | null = null;
  #command: CommandUnderWay | null = null;
  /** Counts reports: those of commands and those of new shells. */
  #number = 0;
  #output: OutputBuffer;
  #workingDirectory: string;
  #python: string | null = null;
  #disposed = false;
  /** Sees output as it comes; must copy what it keeps. */
  onOutput: ((chunk: Uint8Array) => void) | null = null;

  constructor(options: ShellOptions) {
    this.#options = options;
    this.#tag = options.clock.id();
    this.#token = options.clock.id();
    this.#output = new OutputBuffer(options.maxOutputBytes);
    this.#workingDirectory = options.workspace;
  }

  /** Where the next command will run. */
  get workingDirectory(): string {
    return this.#workingDirectory;
  }

  /** The `python3` that a command would find. */
  get python(): string | null {
    return this.#python;
  }

  /** The process that the command under way runs in; -1 where none runs. */
  get foregroundPid(): number {
    if (this.#bash === null || this.#command === null) return -1;
    return youngestChild(this.#bash.pid) ?? this.#bash.pid;
  }

  /**
   * Starts a command; `signal` keeps it from starting.
   *
   * @throws `runtime_unavailable` where there is no bash, or after `dispose`; the signal's reason
   */
  async run(text: string, signal: AbortSignal): Promise<ShellCommand> {
    if (this.#command !== null)
      throw new ConveneError('runtime_unavailable', 'The last command could not be ended.');
    const before = this.#premises;
    const premises = await this.#open();
    premises.pipes.renewInput();
    const bash = this.#bash ?? (await this.#start(premises));
    signal.throwIfAborted();
    premises.commandFile.set(text);
    const command = this.#begin(text, before !== null && before !== premises);
    bash.control.write(runInstruction(premises.folder, command.number));
    return command;
  }

  /** What was written since the last call. */
  takeOutput(): string {
    const text = this.#output.text();
    this.#output = new OutputBuffer(this.#options.maxOutputBytes);
    return text;
  }

  /** Gives text to the command under way. */
  write(text: string): void {
    this.#premises?.pipes.write(text);
  }

  /** Ends the input of the command under way. */
  endInput(): void {
    this.#premises?.pipes.endInput();
  }

  /**
   * What Ctrl-C does in a terminal: asks the command under way to end. Its programs may not want to; but bash itself
   * must come back, or is killed.
   */
  async askToEnd(): Promise<void> {
    const { bash, command } = { bash: this.#bash, command: this.#command };
    if (bash === null || command === null) return;
    const others = hasProcessTable ? await processesOfCommand(...this.#identify(bash, command)) : [];
    if (this.#command !== command) return;
    if (hasProcessTable) signalTogether([bash.pid, ...others], 'SIGINT');
    else send(-bash.pid, 'SIGINT');
    this.#askForReport(bash, command);
    if (!hasProcessTable || (await within(this.#options.clock, comeBackMs, command.ended))) return;
    const left = await processesOfCommand(...this.#identify(bash, command));
    if (left.length === 0 && this.#command === command) send(bash.pid, 'SIGKILL');
  }

  /**
   * Kills everything that the command under way has started. Bash itself comes back, or is killed as well; what
   * earlier commands left in the background stays. Resolves when it has ended.
   */
  async interrupt(): Promise<void> {
    const { bash, command } = { bash: this.#bash, command: this.#command };
    if (bash === null || command === null) return;
    if (hasProcessTable) {
      this.#forgetCommand();
      // Bash stands still meanwhile, so that it does not go on with the next command of a list.
      send(bash.pid, 'SIGSTOP');
      const find = (): Promise<number[]> => processesOfCommand(...this.#identify(bash, command));
      await killAll(find, this.#options.clock, killMs);
      for (const signal of ['SIGURG', 'SIGINT', 'SIGCONT'] as const) send(bash.pid, signal);
      this.#askForReport(bash, command);
      if (await within(this.#options.clock, comeBackMs, command.ended)) return;
      send(bash.pid, 'SIGKILL');
      await killAll(find, this.#options.clock, killMs);
    } else {
      send(-bash.pid, 'SIGKILL');
    }
    await within(this.#options.clock, killMs, command.ended);
  }

  /** Kills everything that was ever started here. Resolves when it is gone. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const premises = this.#premises;
    if (premises === null) return;
    const bash = this.#bash;
    if (hasProcessTable) {
      const shell = { tag: this.#tag, pid: bash?.pid ?? -1, since: this.#since };
      await killAll(() => processesOfShell(shell), this.#options.clock, killMs);
    } else if (bash !== null) {
      send(-bash.pid, 'SIGKILL');
    }
    if (bash !== null) await within(this.#options.clock, killMs, bash.ended);
    await premises.close();
  }

  async #open(): Promise<ShellPremises> {
    this.#refuseWhenDisposed();
    const { clock, watcher, spawner } = this.#options;
    spawner.warm();
    await watcher.start();
    const before = this.#premises;
    if (before?.isWhole()) return before;
    const folder = join(await watcher.folder(), this.#tag);
    const premises = await ShellPremises.open(folder, { clock, spawner }, this.#token, {
      output: (bytes) => this.#receive(bytes),
      report: (fields) => this.#receiveReport(fields),
    });
    if (this.#disposed) await premises.close();
    this.#refuseWhenDisposed();
    this.#premises = premises;
    if (before !== null) await this.#moveFrom(before);
    return premises;
  }

  /** Bash knows only the premises that are lost: it leaves its state in the new ones, where the next one finds it. */
  async #moveFrom(before: ShellPremises): Promise<void> {
    const bash = this.#bash;
    if (bash !== null) {
      bash.control.write(leaveInstruction);
      if (!(await within(this.#options.clock, killMs, bash.ended))) {
        send(bash.pid, 'SIGKILL');
        await within(this.#options.clock, killMs, bash.ended);
      }
    }
    before.pipes.drain();
    before.leave();
    this.#refuseWhenDisposed();
  }

  async #start(premises: ShellPremises): Promise<LiveBash> {
    const { clock, watcher, spawner, bash: program, workspace: directory } = this.#options;
    await mkdir(directory, { recursive: true });
    const environment = withTags(this.#options.environment, watcher.tag, this.#tag);
    const started = await startBash(spawner, { program, directory, environment }, premises.pipes);
    if (this.#disposed) send(started.pid, 'SIGKILL');
    this.#refuseWhenDisposed();
    const bash = { ...started, startedAt: clock.monotonic() };
    this.#bash = bash;
    this.#since = Math.min(this.#since, bash.startTicks);
    watcher.add(bash.pid);
    void bash.ended.then((exitCode) => this.#bashEnded(bash, exitCode));
    // Until its first report, starting is the command under way.
    const opening = this.#begin('');
    bash.control.write(
      openingScript({ folder: premises.folder, token: this.#token, tag: this.#tag, number: opening.number }),
    );
    const inTime = await within(clock, startMs, opening.ended);
    this.#refuseWhenDisposed();
    if (inTime && this.#bash === bash) return bash;
    send(bash.pid, 'SIGKILL');
    await within(clock, killMs, bash.ended);
    throw new ConveneError('runtime_unavailable', `The shell ${program} does not answer.`);
  }

  #begin(text: string, inNewShell = false): CommandUnderWay {
    this.#refuseWhenDisposed();
    this.#number += 1;
    const { promise: ended, resolve: end } = Promise.withResolvers<CommandEnd>();
    const startedAt = this.#options.clock.monotonic();
    const command = { text, inNewShell, number: this.#number, startedAt, ended, end };
    this.#command = command;
    this.#premises?.pipes.hurry(true);
    return command;
  }

  #receive(bytes: Uint8Array): void {
    this.#output.append(bytes);
    this.onOutput?.(bytes);
  }

  #receiveReport([number, exitCode, directory, python, loaded]: readonly string[]): void {
    this.#workingDirectory = directory || this.#workingDirectory;
    this.#python = python || null;
    if (this.#command?.number === Number(number))
      this.#end({ exitCode: loaded === '' ? null : Number(exitCode), shellEnded: false });
  }

  #bashEnded(bash: LiveBash, exitCode: number): void {
    this.#options.watcher.remove(bash.pid);
    if (this.#bash !== bash) return;
    if (!this.#disposed) this.#premises?.pipes.drain();
    this.#bash = null;
    this.#end({ exitCode, shellEnded: true });
  }

  #end(end: CommandEnd): void {
    const command = this.#command;
    this.#command = null;
    if (!this.#disposed) this.#premises?.pipes.hurry(false);
    command?.end(end);
  }

  /** A command that bash has not loaded yet becomes an empty one. */
  #forgetCommand(): void {
    this.#premises?.commandFile.set('');
  }

  /** A signal may have cost bash the instruction that it was reading: it gets it again, oftener than it can lose it. */
  #askForReport(bash: Bash, command: CommandUnderWay): void {
    bash.control.write(`\n${reportInstruction(command.number).repeat(3)}`);
  }

  #identify(
    bash: LiveBash,
    command: CommandUnderWay,
  ): [ShellIdentity, { number: number; startTicks: number }] {
    const elapsed = ((command.startedAt - bash.startedAt) / 1000) * ticksPerSecond;
    const identity = { tag: this.#tag, pid: bash.pid, since: this.#since };
    return [identity, { number: command.number, startTicks: bash.startTicks + Math.floor(elapsed) - 1 }];
  }

  #refuseWhenDisposed(): void {
    if (this.#disposed) throw new ConveneError('runtime_unavailable', 'This runtime was disposed of.');
  }
}
