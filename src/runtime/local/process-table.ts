/**
 * The processes of this machine, as Linux shows them in `/proc`. Elsewhere there is no such list, and processes
 * are known by their groups only.
 */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';

export interface ProcessState {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** In ticks of 10 ms since the start of the machine. */
  readonly startTicks: number;
  /** Those that have ended and are not collected yet have none. */
  readonly alive: boolean;
}

export interface ProcessEntry extends ProcessState {
  /**
   * The environment that it started with, entries separated by NUL; empty where it can't be read. Read when it is first
   * asked for, once for all who share the list.
   */
  environment(): string;
}

export const ticksPerSecond = 100;
export const hasProcessTable = process.platform === 'linux';

/** The event loop gets a turn after so many processes. */
const portion = 100;

/** The next reading, which has not begun: all who ask until it does share it. */
let coming: Promise<readonly ProcessEntry[]> | null = null;

/**
 * Every process that started at `since` (ticks) or later, read after this is called. A node that stops ends many shells at
 * once: so the cost is that of one list, not of one for each of them.
 */
export async function readProcesses(since: number): Promise<readonly ProcessEntry[]> {
  coming ??= setImmediate().then(() => {
    coming = null;
    return readAll();
  });
  return (await coming).filter((entry) => entry.startTicks >= since);
}

async function readAll(): Promise<readonly ProcessEntry[]> {
  const entries: ProcessEntry[] = [];
  let read = 0;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const state = readProcess(pid);
    if (state !== null) entries.push(withEnvironment(state));
    read += 1;
    if (read % portion === 0) await setImmediate();
  }
  return entries;
}

function withEnvironment(state: ProcessState): ProcessEntry {
  let environment: string | null = null;
  return { ...state, environment: () => (environment ??= readIfThere(`/proc/${state.pid}/environ`) ?? '') };
}

/** One process; null where there is none. */
export function readProcess(pid: number): ProcessState | null {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name, in parentheses, may hold anything; what follows it has fixed places, the state first.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    parent: Number(fields[1]),
    session: Number(fields[3]),
    startTicks: Number(fields[19]),
    alive: fields[0] !== 'Z' && fields[0] !== 'X',
  };
}

/** The youngest child of a process; null where it has none or that can't be known. */
export function youngestChild(pid: number): number | null {
  const children = readIfThere(`/proc/${pid}/task/${pid}/children`)?.trim().split(' ') ?? [];
  const last = Number(children.at(-1) || Number.NaN);
  return Number.isInteger(last) ? last : null;
}

/** Files of `/proc` say no size; a list of processes is many of them, so this is done with as few calls as possible. */
const buffer = Buffer.alloc(64 * 1024);

function readIfThere(path: string): string | null {
  try {
    const fd = openSync(path, 'r');
    try {
      let content = '';
      for (let count = -1; count !== 0; content += buffer.toString('latin1', 0, count))
        count = readSync(fd, buffer);
      return content;
    } finally {
      closeSync(fd);
    }
  } catch {
    // It has ended, or belongs to somebody else.
    return null;
  }
}
