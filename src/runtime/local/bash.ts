/** One bash process: how it is started, and what is known of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { ConveneError } from '../../errors.ts';
import { readProcess } from './process-table.ts';
import type { ShellEnds } from './shell-pipes.ts';
import { bashArguments } from './shell-script.ts';

export interface BashOptions {
  /** The program, by name or path. */
  readonly program: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Bash {
  /** Also its process group and session. */
  readonly pid: number;
  /** When it started, in ticks of the process table; 0 where there is none. */
  readonly startTicks: number;
  /** Takes instructions. */
  readonly control: Writable;
  /** Its exit code; 128 and the signal's number where a signal ended it. */
  readonly ended: Promise<number>;
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

/** Starts bash in a session of its own, and closes the caller's copies of `ends`. */
export async function startBash(options: BashOptions, ends: ShellEnds): Promise<Bash> {
  const { child, control } = spawnBash(options, ends);
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signalNumbers[signal ?? ''] ?? 0)));
  });
  const pid = await spawned(child, options.program);
  return { pid, startTicks: readProcess(pid)?.startTicks ?? 0, control, ended };
}

function spawnBash(options: BashOptions, ends: ShellEnds): { child: ChildProcess; control: Writable } {
  try {
    const child = spawn(options.program, [...bashArguments], {
      cwd: options.directory,
      env: options.environment,
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore', ends.input, ends.output],
    });
    const control = child.stdin;
    if (control === null) throw new Error('A child with a piped input has one.');
    // A shell that is gone is noticed by its end, not by what it no longer reads.
    control.on('error', () => {});
    return { child, control };
  } finally {
    closeSync(ends.input);
    closeSync(ends.output);
  }
}

function spawned(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0));
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const message =
        cause.code === 'ENOENT'
          ? `The shell ${program} was not found. Commands need bash: install it, or put it on the server's PATH.`
          : `The shell ${program} could not be started: ${cause.message}`;
      reject(new ConveneError('runtime_unavailable', message, { cause }));
    });
  });
}
