/** The processes of this machine (Linux), and which of them belong to a test. */
import { readdirSync, readFileSync } from 'node:fs';

interface Entry {
  readonly pid: number;
  readonly parent: number;
  /** Since the start of the machine: with the pid, the name of one process for good. */
  readonly startTicks: string;
}

/** The processes that live and carry the marker in their environment or their command line. */
export function carrying(marker: string): number[] {
  return entries()
    .map(({ pid }) => pid)
    .filter((pid) => pid !== process.pid && (read(pid, 'cmdline') + read(pid, 'environ')).includes(marker));
}

/** A process's children, their children, and so on: those that live. */
export function descendants(pid: number): Entry[] {
  const all = entries();
  const found = new Set([pid]);
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const entry of all) if (found.has(entry.parent)) found.add(entry.pid);
  }
  return all.filter((entry) => entry.pid !== pid && found.has(entry.pid));
}

export function lives({ pid, startTicks }: Entry): boolean {
  return entryOf(pid)?.startTicks === startTicks;
}

export function commandLine(pid: number): string {
  return read(pid, 'cmdline').replaceAll('\0', ' ').trim();
}

/** Of `/proc/PID/status`, in bytes; 0 where the process is gone. */
export function residentBytes(pid: number): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(read(pid, 'status'))?.[1] ?? 0);
}

function entries(): Entry[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => entryOf(Number(name)) ?? []);
}

/** Null where there is no such process, or only the memory of its end. */
function entryOf(pid: number): Entry | null {
  const stat = read(pid, 'stat');
  const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === undefined || state === '' || state === 'Z' || state === 'X') return null;
  return { pid, parent: Number(parent), startTicks: rest[17] ?? '' };
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // it has ended, or is somebody else's
  }
}
