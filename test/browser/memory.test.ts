/** A page that follows a conversation for long takes no more memory than at first. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureWebApp } from '../../scripts/web/web-app.ts';
import { runCommand } from '../../src/agent/actions.ts';
import type { NewEvent } from '../../src/events/event.ts';
import { runObservation } from '../../src/events/observations.ts';
import { builtWebApp } from '../../src/server/http/web-app.ts';
import { startServer } from '../server/harness.ts';
import { launchChromium } from './harness/chromium.ts';
import { Visit } from './harness/visit.ts';

const EVENTS = 10_000;
/** Of what the page keeps, at its most: some 3,000 events. */
const WARM_UP = 4_000;
const MAX_GROWTH_BYTES = 4 * 2 ** 20;
const AT_ONCE = 50;

let browser: Browser;
let server: Awaited<ReturnType<typeof startServer>>;

beforeAll(async () => {
  await ensureWebApp();
  server = await startServer({ webApp: await builtWebApp() });
  browser = await launchChromium();
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

it('takes no more memory for 10,000 events that stream in', async () => {
  const sid = await server.conversation('streamed');
  await using visit = await Visit.open(browser, server.url, `/conversations/${sid}`);
  const { page } = visit;
  await page.locator('[data-link="live"]').waitFor();
  let length = 0;
  const stream = async (count: number): Promise<void> => {
    for (const end = length + count; length < end; length += 2 * AT_ONCE) {
      await server.append(
        sid,
        ...Array.from({ length: AT_ONCE }, (_, place) => pair(length + 2 * place)).flat(),
      );
    }
    await page.locator(`[data-head="${length - 1}"]`).waitFor();
  };
  await stream(WARM_UP);
  const before = await heapBytes(page);
  await stream(EVENTS);
  const grown = (await heapBytes(page)) - before;
  console.log(`${EVENTS} more events: ${mega(grown)} MB more than ${mega(before)} MB`);
  expect(grown).toBeLessThan(MAX_GROWTH_BYTES);
  expect(await page.locator('[data-id]').count()).toBeLessThan(100);
  expect(visit.faults).toEqual([]);
});

/** A command and what it printed; `id` is the first one's. */
function pair(id: number): NewEvent[] {
  const command = `echo ${id}`;
  const result = runObservation({ command, content: `${id}\n`.repeat(20), exitCode: 0 });
  return [
    { ...runCommand(command), source: 'agent' },
    { ...result, source: 'agent', cause: id },
  ];
}

function mega(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

/** What is in use once everything that is not has been collected. */
async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize;
}
