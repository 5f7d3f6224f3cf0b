/**
 * The tasks of a page's main thread, by the processor's time: on a machine that has other things to do, a task takes
 * longer by the clock than by itself.
 */
import type { Browser, Page } from 'playwright-core';
import { z } from 'zod';

const eventSchema = z.object({
  name: z.string(),
  pid: z.int(),
  tid: z.int(),
  /** µs of the processor. */
  tdur: z.number().optional(),
  args: z.object({ name: z.string().optional() }).optional(),
});

const traceSchema = z.object({ traceEvents: z.array(eventSchema) });

/** What the longest tasks took while `run` was under way, in ms, the longest first. */
export async function longestTasks(
  browser: Browser,
  page: Page,
  run: () => Promise<void>,
): Promise<number[]> {
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] });
  let trace: Buffer;
  try {
    await run();
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents } = traceSchema.parse(JSON.parse(trace.toString('utf8')));
  const mainThreads = new Set(
    traceEvents
      .filter(({ args, name }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}.${tid}`),
  );
  return traceEvents
    .filter(({ name, pid, tid }) => name.endsWith('RunTask') && mainThreads.has(`${pid}.${tid}`))
    .map(({ tdur = 0 }) => tdur / 1_000)
    .toSorted((a, b) => b - a)
    .slice(0, 10);
}
