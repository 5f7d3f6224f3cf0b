/** One bash process: how it is started, and what is known of it. */
import type { Writable } from 'node:stream';
import { readProcess } from './process-table.ts';
import type { ShellPipes } from './shell-pipes.ts';
import { bashArguments } from './shell-script.ts';
import type { Spawner } from './spawner/spawner.ts';

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

/**
 * Starts bash in a session of its own.
 *
 * @throws `runtime_unavailable`
 */
export async function startBash(spawner: Spawner, options: BashOptions, pipes: ShellPipes): Promise<Bash> {
  const control = pipes.openControl();
  try {
    const { pid, ended } = await spawner.start({ ...options, args: bashArguments, ...pipes.paths });
    void ended.then(() => control.destroy());
    return { pid, startTicks: readProcess(pid)?.startTicks ?? 0, control, ended };
  } catch (error) {
    control.destroy();
    throw error;
  }
}
