/** What the tests of the local runtime share: a provider on a passing folder, and short ways to act and to wait. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../clock.ts';
import { type ActionOf, actionSchemas } from '../../events/actions.ts';
import type {
  Observation,
  ObservationKind,
  ObservationOf,
  RunObservation,
} from '../../events/observations.ts';
import { type LocalRuntime, type LocalRuntimeOptions, LocalRuntimeProvider } from './local-runtime.ts';
import { hasProcessTable, readProcesses } from './process-table.ts';

export type Fixture = Awaited<ReturnType<typeof openFixture>>;

/** A provider with one runtime, which is gone without a trace after its disposal. */
export async function openFixture(options: Partial<LocalRuntimeOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'convene-test-'));
  const provider = new LocalRuntimeProvider({ folder, ...options });
  const runtime = await provider.open('conversation');
  return {
    folder,
    provider,
    runtime,
    workspace: runtime.workspace,
    run: (command: string, more: RunOptions = {}) => run(runtime, command, more),
    [Symbol.asyncDispose]: async () => {
      await provider[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface RunOptions {
  readonly input?: boolean;
  /** In seconds. */
  readonly timeout?: number;
  /** @default the agent's */
  readonly source?: 'agent' | 'user';
  readonly signal?: AbortSignal;
  readonly onOutput?: (text: string) => void;
}

function runAction(command: string, more: RunOptions = {}): ActionOf<'run'> {
  const timeout = more.timeout === undefined ? {} : { timeout: more.timeout };
  return actionSchemas.run.parse({
    action: 'run',
    args: { command, is_input: more.input ?? false },
    ...timeout,
  });
}

/** Runs a command and answers with its observation, whatever that is. */
export function execute(runtime: LocalRuntime, command: string, more: RunOptions = {}): Promise<Observation> {
  const signal = more.signal ?? new AbortController().signal;
  const onOutput = more.onOutput === undefined ? {} : { onOutput: more.onOutput };
  const source = more.source === undefined ? {} : { source: more.source };
  return runtime.execute(runAction(command, more), { signal, ...source, ...onOutput });
}

async function run(runtime: LocalRuntime, command: string, more: RunOptions): Promise<RunObservation> {
  return expectKind(await execute(runtime, command, more), 'run');
}

export function expectKind<Kind extends ObservationKind>(
  observation: Observation,
  kind: Kind,
): ObservationOf<Kind> {
  if (isKind(observation, kind)) return observation;
  throw new Error(`Expected ${kind}, got ${JSON.stringify(observation)}`);
}

function isKind<Kind extends ObservationKind>(
  observation: Observation,
  kind: Kind,
): observation is ObservationOf<Kind> {
  return observation.observation === kind;
}

/** Waits until `condition` holds; fails after `withinMs`. For what happens outside of this process. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  withinMs = 5000,
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Did not happen within ${withinMs} ms: ${condition}`);
    await new Promise<void>((resolve) => systemClock.after(5, resolve));
  }
}

/** The pids of living processes whose environment contains `mark`. */
export async function processesWith(mark: string): Promise<number[]> {
  if (!hasProcessTable) throw new Error('This test needs /proc.');
  const alive = (await readProcesses(0)).filter((entry) => entry.alive);
  return alive.filter((entry) => entry.environment().includes(mark)).map(({ pid }) => pid);
}

/** Whether the process lives (one that has ended and is not collected yet does not). */
export async function lives(pid: number): Promise<boolean> {
  return (await readProcesses(0)).some((entry) => entry.pid === pid && entry.alive);
}

/** The living children of this process whose command line has the name. */
export async function childrenNamed(name: string): Promise<number[]> {
  const children = (await readProcesses(0)).filter(({ parent, alive }) => parent === process.pid && alive);
  return children
    .map(({ pid }) => pid)
    .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(name));
}

/** What the open descriptors of a process are. */
export function descriptors(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return []; // it was the one that reads this list
    }
  });
}
