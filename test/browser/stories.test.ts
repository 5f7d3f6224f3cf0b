/** What people come for, from the first page on, on one server. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MockLlm, withoutTools } from '../../src/testing/mock-llm.ts';
import { calls } from '../standalone/harness/model.ts';
import { until } from '../standalone/harness/until.ts';
import { commandOf, isState } from '../standalone/harness/wire.ts';
import { OPEN_MS, Site } from './harness/site.ts';
import { phone, type Visit, type VisitOptions } from './harness/visit.ts';

const WAIT_MS = 10_000;

let site: Site;
let llm: MockLlm;
beforeAll(async () => {
  llm = await MockLlm.start([], { aside: withoutTools({ text: 'A bug in sum' }) });
  site = await Site.open();
}, OPEN_MS);
afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
  await llm?.[Symbol.asyncDispose]();
});

async function visitTo(path: string, options: VisitOptions = {}): Promise<Visit> {
  const visit = await site.visit(path, options);
  visit.page.setDefaultTimeout(WAIT_MS);
  return visit;
}

const firstMessage = (page: Page) => page.getByRole('textbox', { name: 'First message' });
const message = (page: Page) => page.getByRole('textbox', { name: 'Message', exact: true });
const timeline = (page: Page) => page.locator('article.row');
const state = (page: Page, words: string) => page.getByRole('main').getByText(words, { exact: true }).first();
const sidOf = (page: Page): string => new URL(page.url()).pathname.split('/').at(-1) ?? '';

/** It is sound in both schemes; a screenshot of each. */
async function looksSound(visit: Visit, name: string): Promise<void> {
  await visit.screenshot(name);
  expect(await visit.axeFindings()).toEqual([]);
  await visit.page.emulateMedia({ colorScheme: 'dark' });
  await visit.screenshot(`${name}-dark`);
  expect(await visit.axeFindings()).toEqual([]);
  await visit.page.emulateMedia({ colorScheme: 'light' });
}

it('a first visit without a key: a command is run, and its file is there', async () => {
  await using visit = await visitTo('/');
  const { page } = visit;
  await page.getByText('No model is set').waitFor();
  await visit.screenshot('story-first-page');
  await firstMessage(page).fill('$ echo "Hello from the workspace" | tee hello.txt');
  await page.getByRole('button', { name: 'Start' }).click();
  await page.waitForURL(/\/conversations\/\w+/);
  await timeline(page).getByText('Hello from the workspace', { exact: true }).waitFor();
  await state(page, 'Waiting for you').waitFor();
  await page.getByRole('treeitem', { name: 'hello.txt' }).waitFor();
  await looksSound(visit, 'story-first-command');
  // The page is an address: it is the same when it is opened again.
  await page.reload();
  await timeline(page).getByText('Hello from the workspace', { exact: true }).waitFor();
  expect(visit.faults).toEqual([]);
});

it('a fork at an event has what was before it, and goes its own way', async () => {
  const sid = await site.server.api.create({ initial_user_msg: '$ echo one\n$ echo two' });
  await until('it rests', async () =>
    (await site.server.api.events(sid)).some((event) => isState(event, 'awaiting_user_input')),
  );
  const log = await site.server.api.events(sid);
  const one = log.find((event) => event.observation === 'run' && event.content === 'one');
  const action = log.find((event) => event.id === one?.cause);
  await using visit = await visitTo(`/conversations/${sid}#event-${action?.id}`);
  const { page } = visit;
  const row = timeline(page).filter({ hasText: 'echo one' }).last();
  await row.hover();
  await row.getByRole('button', { name: `Event ${action?.id}` }).click();
  await page.getByRole('menuitem', { name: 'Fork from here' }).click();
  await page.waitForURL((url) => !url.pathname.endsWith(sid));
  await message(page).fill('$ echo three');
  await page.keyboard.press('Enter');
  await timeline(page).getByText('three', { exact: true }).waitFor();
  await visit.screenshot('story-fork');
  const forked = (await site.server.api.events(sidOf(page))).flatMap((event) => commandOf(event) ?? []);
  expect(forked).toEqual(['echo one', 'echo three']);
  expect((await site.server.api.events(sid)).length).toBe(log.length);
  expect(visit.faults).toEqual([]);
});

it('everything is done by the keyboard alone', async () => {
  await using visit = await visitTo('/');
  const { page } = visit;
  const { keyboard } = page;
  await firstMessage(page).waitFor();
  await page.locator('body').press('/');
  await keyboard.type('$ sleep 100');
  await keyboard.press('Enter');
  await page.waitForURL(/\/conversations\/\w+/);
  const sid = sidOf(page);
  // 'Running' stands in the list too, which is there until the conversation has come.
  await page.getByRole('button', { name: 'Stop', exact: true }).waitFor();
  await keyboard.press('Escape');
  await state(page, 'Stopped').waitFor();
  await keyboard.type('$ mkdir kept');
  await keyboard.press('Enter');
  await page.getByRole('treeitem', { name: 'kept' }).waitFor();

  await keyboard.press('Control+k');
  await page.getByRole('dialog').waitFor();
  await visit.screenshot('story-palette');
  await keyboard.type('settings');
  await keyboard.press('Enter');
  await page.waitForURL(/\/settings$/);
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  await keyboard.press('Control+k');
  await page.getByRole('dialog').waitFor();
  await keyboard.type('sleep 100');
  await page.getByRole('dialog').getByText('$ sleep 100').first().waitFor();
  await keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname.endsWith(sid));

  // Every stop of the Tab key can be seen, and there is a way out of every one.
  const stops = new Set<string>();
  await page.getByRole('treeitem', { name: 'kept' }).waitFor();
  for (let presses = 0; presses < 60; presses += 1) {
    await keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return null;
      const { height, width } = element.getBoundingClientRect();
      const name = element.getAttribute('aria-label') ?? element.textContent?.trim().slice(0, 40) ?? '';
      return `${element.tagName} ${name} ${width > 0 && height > 0 ? 'seen' : 'unseen'}`;
    });
    if (stop !== null) stops.add(stop);
  }
  expect([...stops].filter((stop) => stop.endsWith('unseen'))).toEqual([]);
  for (const name of ['Message', 'kept', 'Files', 'Settings', 'New conversation']) {
    expect([...stops].join('\n')).toContain(name);
  }
  expect(visit.faults).toEqual([]);
});

it('on a phone: from the list to a conversation, its files and its terminal, and back', async () => {
  await using visit = await visitTo('/', { viewport: phone, context: { hasTouch: true, isMobile: true } });
  const { page } = visit;
  const fits = async (name: string): Promise<void> => {
    expect([name, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([
      name,
      phone.width,
    ]);
    await visit.screenshot(`story-phone-${name}`);
    expect(await visit.axeFindings()).toEqual([]);
  };
  await page.getByRole('link', { name: 'New conversation' }).tap();
  await firstMessage(page).fill('$ mkdir src; seq 1 40; echo a-very-long-line-$(seq -s - 1 60)');
  await fits('new');
  await page.getByRole('button', { name: 'Start' }).tap();
  await state(page, 'Waiting for you').waitFor();
  await timeline(page)
    .getByText(/a-very-long-line/)
    .last()
    .waitFor();
  await fits('conversation');
  await page.getByRole('tab', { name: 'Terminal' }).tap();
  await page.locator('.xterm-rows').getByText('40', { exact: true }).waitFor();
  await fits('terminal');
  await page.getByRole('tab', { name: 'Files' }).tap();
  await page.getByRole('treeitem', { name: 'src' }).waitFor();
  await fits('files');
  await page.getByRole('tab', { name: 'Conversation' }).tap();
  await message(page).fill('$ echo again');
  await page.getByRole('button', { name: 'Send' }).tap();
  await timeline(page).getByText('again', { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Back to all conversations' }).tap();
  await page.getByRole('link', { name: /seq 1 40/ }).waitFor();
  expect(visit.faults).toEqual([]);
});

it('with a key, a model works: its words come as they are streamed, its tools are cards', async () => {
  const { api } = site.server;
  await api.post('/api/settings', {
    llm_model: 'openai/mock',
    llm_api_key: 'sk-of-the-stories-5eCr3T',
    llm_base_url: llm.url,
  });
  llm.add(
    calls(
      'run',
      { command: 'printf "def add(a, b):\\n    return a - b\\n" > sum.py; cat sum.py' },
      'I look.',
    ),
    calls('edit', { command: 'str_replace', path: 'sum.py', old_str: 'a - b', new_str: 'a + b' }),
    { text: ['The sign was wrong. ', 'It is **mended** now:\n\n', '```py\nreturn a + b\n```\n'] },
  );
  await using visit = await visitTo('/new');
  const { page } = visit;
  await firstMessage(page).fill('Why is my sum wrong?');
  await page.getByRole('button', { name: 'Start' }).click();
  await timeline(page).locator('strong', { hasText: 'mended' }).waitFor();
  await state(page, 'Waiting for you').waitFor();
  await page.getByRole('treeitem', { name: 'sum.py' }).click();
  await until('the edit is there', async () => {
    const text = await page.getByRole('textbox', { name: 'Text of sum.py' }).inputValue();
    return text.includes('a + b');
  });
  await page.getByRole('heading', { name: 'A bug in sum' }).waitFor();
  await looksSound(visit, 'story-model');
  expect(llm.requests).toHaveLength(3);
  expect(visit.faults).toEqual([]);
});
