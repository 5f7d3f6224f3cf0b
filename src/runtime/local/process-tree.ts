/**
 * The processes that a shell has started, however they detached themselves: found by the tag that they inherit in
 * their environment, by the shell's session, and by their parents. One that drops the tag (`env -i`), leaves the
 * session and loses its parent is not found.
 */
import { type Clock, delay } from '../../clock.ts';
import { errnoOf } from './errno.ts';
import { type ProcessEntry, readProcess, readProcesses } from './process-table.ts';
import { commandVariable } from './shell-script.ts';

export interface ShellIdentity {
  readonly tag: string;
  /** The shell's own process; it leads its session. */
  readonly pid: number;
  /** Nothing that started before this is the shell's. */
  readonly since: number;
}

export interface CommandIdentity {
  readonly number: number;
  /** When it began, in ticks. */
  readonly startTicks: number;
}

interface Tagged {
  readonly entry: ProcessEntry;
  /** Undefined where no command is named: a fork of the shell itself, or a process with a cleared environment. */
  readonly command: number | undefined;
}

/** Everything that the shell has started and that lives, the shell included. */
export async function processesOfShell(shell: ShellIdentity): Promise<number[]> {
  return (await taggedProcesses(shell)).map(({ entry }) => entry.pid);
}

/** What one command has started and that lives, without the shell and without what earlier commands left. */
export async function processesOfCommand(shell: ShellIdentity, command: CommandIdentity): Promise<number[]> {
  const others = (await taggedProcesses(shell)).filter(({ entry }) => entry.pid !== shell.pid);
  const found = new Set<number>();
  const belongs = ({ entry, command: number }: Tagged): boolean => {
    if (found.has(entry.parent) || number === command.number) return true;
    return number === undefined && entry.startTicks >= command.startTicks;
  };
  collect(others, belongs, found);
  return [...found];
}

async function taggedProcesses(shell: ShellIdentity): Promise<Tagged[]> {
  const candidates = (await readProcesses(shell.since))
    .filter((entry) => entry.alive)
    .map((entry) => ({ entry }));
  const found = new Set<number>();
  const belongs = ({ entry }: (typeof candidates)[number]): boolean =>
    entry.session === shell.pid || entry.environment().includes(shell.tag) || found.has(entry.parent);
  collect(candidates, belongs, found);
  return candidates
    .filter(({ entry }) => found.has(entry.pid))
    .map(({ entry }) => ({ entry, command: commandIn(entry.environment(), shell.tag) }));
}

/** Adds to `found` until a pass over `items` adds nothing: what belongs may depend on what was found. */
function collect<Item extends { entry: ProcessEntry }>(
  items: readonly Item[],
  belongs: (item: Item) => boolean,
  found: Set<number>,
): void {
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const item of items) if (belongs(item)) found.add(item.entry.pid);
  }
}

function commandIn(environment: string, tag: string): number | undefined {
  const start = `${commandVariable}=${tag}.`;
  const entry = environment.split('\0').find((variable) => variable.startsWith(start));
  return entry === undefined ? undefined : Number(entry.slice(start.length));
}

/** All of them at once, as a terminal does it: none sees another's end before it has the signal itself. */
export function signalTogether(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const step of ['SIGSTOP', signal, 'SIGCONT'] as const) for (const pid of pids) send(pid, step);
}

/**
 * Kills what `find` finds until it finds nothing (a list is not read in one moment: what is forked meanwhile may be
 * missing in it). False where something was still there after `withinMs`, or belongs to somebody else.
 */
export async function killAll(
  find: () => Promise<number[]>,
  clock: Clock,
  withinMs: number,
): Promise<boolean> {
  const deadline = clock.monotonic() + withinMs;
  while (clock.monotonic() < deadline) {
    const found = await find();
    if (found.length === 0) return true;
    const pids = found.filter((pid) => send(pid, 'SIGSTOP'));
    for (const pid of pids) send(pid, 'SIGKILL');
    if (pids.length === 0) return false;
    while (pids.some((pid) => readProcess(pid)?.alive) && clock.monotonic() < deadline) await delay(clock, 1);
  }
  return false;
}

/**
 * To a process or, with a negative number, a group; harmless where it has ended. False where it belongs to somebody
 * else.
 */
export function send(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'EPERM') return false;
    if (code !== 'ESRCH') throw error;
  }
  return true;
}
