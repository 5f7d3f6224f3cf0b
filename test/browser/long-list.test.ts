/** A list of 100,000 conversations: it opens at once, goes on to its end, and is as quick there as at its beginning. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { say } from '../../src/agent/actions.ts';
import { writerOf } from '../../src/store/event-store.ts';
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts';
import { longestTasks } from './harness/main-thread.ts';
import { OPEN_MS, Site } from './harness/site.ts';

const CONVERSATIONS = 100_000;
const AT_ONCE = 2_000;
/** A task of the page's thread that is longer than this is felt. */
const LONG_TASK_MS = 50;

let site: Site;

beforeAll(async () => {
  site = await Site.open({}, writeConversations);
}, OPEN_MS);

afterAll(() => site?.[Symbol.asyncDispose]());

async function writeConversations(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  await using store = new SqliteEventStore({ file: join(dataDir, 'convene.db') });
  await store.open();
  const start = Date.now() - CONVERSATIONS * 1_000;
  for (let first = 0; first < CONVERSATIONS; first += AT_ONCE) {
    const batch = Array.from({ length: AT_ONCE }, (_, place) => first + place).map((number) =>
      store.append({
        sid: `conversation-${number}`,
        at: start + number * 1_000,
        writer: writerOf.system,
        events: [{ ...say(`Question ${number}`, false), source: 'user' }],
        create: { userId: '', title: `Conversation ${number}` },
        set: { agentState: 'awaiting_user_input' },
      }),
    );
    await Promise.all(batch);
  }
}

const link = (page: Page, number: number) =>
  page.getByRole('link', { name: new RegExp(`^Conversation ${number}\\b`) });

/** Goes down, a page of the list at a time, until so many are loaded. */
function scrollTo(page: Page, count: number): Promise<void> {
  return page.locator('.conversations-scroller').evaluate(async (scroller, wanted) => {
    const rowHeight = 56;
    while (scroller.scrollHeight < wanted * rowHeight) {
      scroller.scrollTop = scroller.scrollHeight;
      await new Promise(requestAnimationFrame);
    }
  }, count);
}

it('opens at once, and scrolls to its end with no task over 50 ms', async () => {
  await using visit = await site.visit();
  const { page } = visit;
  await link(page, CONVERSATIONS - 1).waitFor();
  const painted = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
  );
  const from = performance.now();
  await scrollTo(page, CONVERSATIONS - 5_000);
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  const tasks = await longestTasks(site.browser, page, async () => {
    await scrollTo(page, CONVERSATIONS);
    await page.locator('.conversations-scroller').evaluate((scroller) => {
      scroller.scrollTop = scroller.scrollHeight;
    });
    await link(page, 0).waitFor();
  });
  console.log(
    `painted after ${painted} ms; 95,000 loaded in ${seconds} s; longest tasks with the last 5,000: ${tasks.slice(0, 5).map(Math.round)} ms`,
  );
  expect(painted).toBeLessThan(1_000);
  expect(tasks[0]).toBeGreaterThan(0);
  expect(tasks[0]).toBeLessThanOrEqual(LONG_TASK_MS);
  expect(await page.getByRole('listitem').count()).toBeLessThan(100);
  await visit.screenshot('long-list');
  expect(visit.faults).toEqual([]);
}, 180_000);

it('finds one of them by its words', async () => {
  await using visit = await site.visit();
  const { page } = visit;
  await link(page, CONVERSATIONS - 1).waitFor();
  await page.getByRole('searchbox').fill('question 51230');
  await link(page, 51_230).waitFor();
  expect(visit.faults).toEqual([]);
});
