/**
 * One run of `git clone`, in a process group of its own, which is killed as a whole by an abort, the deadline, or the
 * watcher where the server dies first.
 */
import { spawn } from 'node:child_process';
import type { Clock } from '../../../clock.ts';
import { CloneError } from '../../repositories.ts';
import { errnoOf } from '../errno.ts';
import type { Watcher } from '../watcher.ts';

export interface GitCloneOptions {
  readonly address: string;
  readonly branch: string | null;
  /** Where it goes: not there yet, in a folder that is. */
  readonly directory: string;
  readonly parent: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly watcher: Watcher;
  readonly signal: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

export interface GitEnd {
  readonly ok: boolean;
  /** The end of what it wrote. */
  readonly output: string;
}

/** Characters. */
const KEPT_OUTPUT = 8_192;
/** A line comes again after so many percent. */
const STEP = 10;

/** Throws the signal's reason, or `CloneError` where git is missing or takes too long. */
export async function gitClone(options: GitCloneOptions): Promise<GitEnd> {
  const { address, branch, clock, directory, environment, parent, signal, timeoutMs, watcher } = options;
  await watcher.start();
  signal.throwIfAborted();
  const choice = branch === null ? [] : [`--branch=${branch}`];
  const args = ['clone', '--progress', '--no-hardlinks', ...choice, '--', address, directory];
  const child = spawn('git', args, {
    cwd: parent,
    env: environment,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { pid } = child;
  if (pid !== undefined) watcher.add(pid);
  const output = new GitOutput(options.onProgress);
  child.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text));
  let isLate = false;
  const kill = (): void => killGroup(pid);
  const cancel = clock.after(timeoutMs, () => {
    isLate = true;
    kill();
  });
  signal.addEventListener('abort', kill, { once: true });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    signal.throwIfAborted();
    if (isLate) {
      throw new CloneError('timed out', `Cloning took longer than ${Math.round(timeoutMs / 1_000)} s.`);
    }
    return { ok: code === 0, output: output.end };
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    throw new CloneError('git missing', 'git is not installed on the server.', { cause: error });
  } finally {
    signal.removeEventListener('abort', kill);
    cancel();
    if (pid !== undefined) watcher.remove(pid);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error; // it has ended by itself
  }
}

/** What git writes: its end is kept, and of its progress every so many percent are told. */
class GitOutput {
  readonly #onProgress: ((line: string) => void) | undefined;
  #kept = '';
  #line = '';
  #told = '';

  constructor(onProgress: ((line: string) => void) | undefined) {
    this.#onProgress = onProgress;
  }

  get end(): string {
    return this.#kept;
  }

  push(text: string): void {
    this.#kept = (this.#kept + text).slice(-KEPT_OUTPUT);
    const lines = (this.#line + text).split(/[\r\n]+/);
    this.#line = (lines.pop() ?? '').slice(-KEPT_OUTPUT);
    for (const line of lines) this.#progress(line);
  }

  #progress(line: string): void {
    const [, phase, percent] = /^(?:remote: )?([A-Z][a-z]+ [a-z]+):\s+(\d+)%/.exec(line) ?? [];
    if (phase === undefined) return;
    const shown = `${phase}: ${Math.floor(Number(percent) / STEP) * STEP} %`;
    if (shown === this.#told) return;
    this.#told = shown;
    this.#onProgress?.(shown);
  }
}
