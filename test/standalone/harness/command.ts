/** A command of `convene`, in a process of its own, to its end. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const main = join(import.meta.dirname, '../../../src/cli/main.ts');
const TIMEOUT_MS = 60_000;

export interface CommandEnd {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<CommandEnd>;
  stdout(): string;
  stderr(): string;
}

export function startCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningCommand {
  const { HOME = '/', PATH = '' } = process.env;
  const child = spawn(process.execPath, [main, ...args], {
    cwd: tmpdir(),
    env: { HOME, PATH, NODE_COMPILE_CACHE: join(tmpdir(), 'e2e-compile-cache'), ...env },
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {}); // it may end before it has read all
  const ended = new Promise<CommandEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended, stdout: () => stdout, stderr: () => stderr };
}

/** `input`: what it reads. */
export function runCommand(
  args: readonly string[],
  input = '',
  env: Readonly<Record<string, string>> = {},
): Promise<CommandEnd> {
  const command = startCommand(args, env);
  command.child.stdin.end(input);
  return command.ended;
}
