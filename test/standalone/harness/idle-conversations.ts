/**
 * What a conversation costs whose agent waits: a program that starts many of them in one process, as the server would,
 * and reports. Run with `--expose-gc`, the folder, and how many.
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { loadConfig } from '../../../src/config/index.ts';
import { createManager } from '../../../src/manager/create-manager.ts';
import { until } from './until.ts';

export const idleReportSchema = z.object({
  conversations: z.int(),
  running: z.int(),
  /** Of the heap and beside it, after collecting garbage. */
  bytesEach: z.number(),
  residentBytesEach: z.number(),
  createdMs: z.number(),
  /** Timers that are set: before, and with all of them. */
  timersBefore: z.int(),
  timersAfter: z.int(),
  /** What keeps the process from ending, by kind: the same. */
  resourcesBefore: z.record(z.string(), z.int()),
  resourcesAfter: z.record(z.string(), z.int()),
  errors: z.array(z.string()),
});

/** So many are started, and not counted, before anything is measured: what is made once is not theirs. */
const WARM_UP = 500;
const AT_ONCE = 500;

/** Where all timers come from. */
class CountingClock implements Clock {
  pending = 0;
  readonly now = systemClock.now;
  readonly monotonic = systemClock.monotonic;
  readonly id = systemClock.id;

  after(delayMs: number, task: () => void): () => void {
    this.pending += 1;
    let isSet = true;
    const settle = (): void => {
      if (isSet) this.pending -= 1;
      isSet = false;
    };
    const cancel = systemClock.after(delayMs, () => {
      settle();
      task();
    });
    return () => {
      settle();
      cancel();
    };
  }
}

async function measure(dataDir: string, count: number): Promise<z.output<typeof idleReportSchema>> {
  const { config } = loadConfig({ env: {}, cwd: dataDir, flags: { dataDir }, readFile: () => null });
  const errors: string[] = [];
  const clock = new CountingClock();
  const onError = (error: unknown, what: string): void => void errors.push(`${what}: ${error}`);
  const { manager } = await createManager(config, { clock, onError });
  await using started = manager;
  await started.start();

  const create = async (first: number, many: number): Promise<void> => {
    for (let index = first; index < first + many; index += AT_ONCE) {
      const sids = Array.from(
        { length: Math.min(AT_ONCE, first + many - index) },
        (_, place) => `c${index + place}`,
      );
      await Promise.all(
        sids.map((sid) => manager.maybeStartAgentLoop(sid, null, '', { content: `Hello from ${sid}` })),
      );
    }
    await until('all wait', async () => (await manager.getAgentLoopInfo()).every(isIdle), {
      timeoutMs: 60_000,
      everyMs: 50,
    });
  };
  await create(0, WARM_UP);
  const before = { ...(await usage()), timers: clock.pending };
  const began = performance.now();
  await create(WARM_UP, count);
  const createdMs = performance.now() - began;
  const after = { ...(await usage()), timers: clock.pending };
  return {
    conversations: count,
    running: (await manager.getRunningAgentLoops()).size - WARM_UP,
    bytesEach: (after.used - before.used) / count,
    residentBytesEach: (after.resident - before.resident) / count,
    createdMs,
    timersBefore: before.timers,
    timersAfter: after.timers,
    resourcesBefore: before.resources,
    resourcesAfter: after.resources,
    errors,
  };
}

function isIdle({ agentState }: { readonly agentState: string }): boolean {
  return agentState === 'awaiting_user_input';
}

async function usage(): Promise<{ used: number; resident: number; resources: Record<string, number> }> {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc');
  // What is no longer needed may go in several steps, and behind the next turns of the event loop.
  for (let round = 0; round < 5; round += 1) {
    globalThis.gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { external, heapUsed, rss } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return { used: heapUsed + external, resident: rss, resources };
}

if (import.meta.main) {
  const { positionals } = parseArgs({ allowPositionals: true });
  const [folder = '', count = '0'] = positionals;
  process.stdout.write(`${JSON.stringify(await measure(folder, Number(count)))}\n`);
}
