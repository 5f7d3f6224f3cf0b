/** Stories of one conversation: several people, cuts, restarts, and an agent that is steered. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ensureWebApp } from '../../scripts/web/web-app.ts';
import { Link } from '../fixtures/link.ts';
import { ServerProcess } from '../standalone/harness/server-process.ts';
import { TemporaryFolder } from '../standalone/harness/temporary-folder.ts';
import { until } from '../standalone/harness/until.ts';
import { isState } from '../standalone/harness/wire.ts';
import { launchChromium } from './harness/chromium.ts';
import { phone, Visit } from './harness/visit.ts';

let browser: Browser;
let folder: TemporaryFolder;
let server: ServerProcess;
let link: Link;

beforeAll(async () => {
  await ensureWebApp();
  folder = await TemporaryFolder.make();
  server = await ServerProcess.start({ dataDir: folder.file('data') });
  link = await Link.to(server.url);
  browser = await launchChromium();
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await link?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

afterEach(() => link.restore());

const image =
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAYAAAAf8/9hAAAAGUlEQVR4nGP4z8DwnxLMMGrAqAGjBgwXAwAwxP4QHCfkAAAAAABJRU5ErkJggg==';

/** What the browser says of a network that is gone. */
const cut = /ERR_|WebSocket|Failed to load resource/;

/** A conversation whose agent has answered, and waits. */
async function conversation(message = 'Hello'): Promise<string> {
  const sid = await server.api.create({ initial_user_msg: message });
  await rests(sid);
  return sid;
}

async function rests(sid: string): Promise<void> {
  await until('the agent waits', async () => {
    const last = (await server.api.events(sid)).findLast(
      (event) => 'observation' in event && event.observation === 'agent_state_changed',
    );
    return last !== undefined && isState(last, 'awaiting_user_input');
  });
}

/** Opens it, and waits until what comes is followed. */
async function open(sid: string): Promise<Visit> {
  const visit = await Visit.open(browser, link.url, `/conversations/${sid}`, { tolerates: cut });
  await visit.page.locator('[data-link="live"]').waitFor();
  return visit;
}

const field = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const timeline = (page: Page) => page.getByRole('region', { name: 'Timeline' });
const state = (page: Page, word: string) => page.locator('.page-header').getByText(word, { exact: true });

async function say(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press('Enter');
}

/** The ids of the rows that are drawn. */
function rowIds(page: Page): Promise<number[]> {
  return timeline(page).evaluate((element) =>
    [...element.querySelectorAll<HTMLElement>('[data-id]')].map(({ dataset }) => Number(dataset['id'])),
  );
}

/** How often a text stands in the timeline, as a message of a user. */
function saidOften(page: Page, text: string): Promise<number> {
  return timeline(page).locator('.message-user').getByText(text, { exact: true }).count();
}

it('runs a command, and shows what it prints as it comes', async () => {
  const sid = await conversation();
  await using visit = await open(sid);
  const { page } = visit;
  await state(page, 'Waiting for you').waitFor();
  await say(page, '$ printf "\\033[32mfirst\\033[0m\\n"; sleep 1; echo second; false');
  await timeline(page).locator('.ansi-color-2', { hasText: 'first' }).waitFor();
  await timeline(page).getByText('Running').waitFor();
  await timeline(page)
    .getByText(/Exit code 1 · 1\.\d s/)
    .waitFor();
  await timeline(page).getByText('second').first().waitFor();
  expect(await visit.axeFindings()).toEqual([]);
  await visit.screenshot('conversation');
  expect(visit.faults).toEqual([]);
});

it('shows two browsers the same, and each other', async () => {
  const sid = await conversation();
  await using one = await open(sid);
  await using other = await open(sid);
  await one.page.getByRole('img', { name: '2 are here' }).waitFor();
  await say(one.page, '$ echo from one');
  await other.page.locator('.card-output', { hasText: 'from one' }).waitFor();
  await say(other.page, '$ echo from the other');
  await one.page.locator('.card-output', { hasText: 'from the other' }).waitFor();
  await rests(sid);
  await expect.poll(() => rowIds(one.page)).toEqual(await rowIds(other.page));
});

it('misses and doubles nothing when the network is cut in the middle of a stream', async () => {
  const sid = await conversation();
  await using visit = await open(sid);
  const { page } = visit;
  await state(page, 'Waiting for you').waitFor();
  await say(page, '$ for i in $(seq 1 40); do echo "tick $i"; sleep 0.1; done\n$ echo behind it');
  await timeline(page).getByText('tick 3').waitFor();
  link.cut();
  await page.getByText(/Connection lost. Reconnecting/).waitFor();
  await visit.screenshot('network-cut');
  await say(page, '$ echo said while it was cut');
  await page.getByText('Your message is kept').waitFor();
  await expect.poll(() => page.locator('[data-outbox="waiting"]').count()).toBe(1);
  // The commands go on meanwhile.
  await until('they have ended', async () =>
    (await server.api.events(sid)).some(({ content }) => content === 'behind it'),
  );
  link.restore();
  await timeline(page).locator('.card-output', { hasText: 'said while it was cut' }).waitFor();
  await rests(sid);
  expect(await saidOften(page, '$ echo said while it was cut')).toBe(1);
  expect(await page.locator('[data-outbox]').count()).toBe(0);
  await timeline(page).locator('button.card-head', { hasText: 'seq 1 40' }).click();
  const printed = await timeline(page).getByRole('region', { name: 'Output' }).textContent();
  expect(printed?.match(/^tick \d+$/gm)).toEqual(Array.from({ length: 40 }, (_, tick) => `tick ${tick + 1}`));
});

it('keeps a message over a reload, and stores it once', async () => {
  const sid = await conversation();
  await using visit = await open(sid);
  const { page } = visit;
  await state(page, 'Waiting for you').waitFor();
  link.cut();
  await page.getByText(/Connection lost. Reconnecting/).waitFor();
  await say(page, 'said before the reload');
  await field(page).fill('not sent yet');
  link.restore();
  await page.reload();
  await timeline(page).getByText('said before the reload').waitFor();
  await expect.poll(() => page.locator('[data-outbox]').count()).toBe(0);
  expect(await field(page).inputValue()).toBe('not sent yet');
  await rests(sid);
  const stored = (await server.api.events(sid)).filter((event) =>
    JSON.stringify(event).includes('"content":"said before the reload"'),
  );
  expect(stored).toHaveLength(1);
  expect(await saidOften(page, 'said before the reload')).toBe(1);
});

it('goes on when the server was killed and started again', async () => {
  const sid = await conversation();
  await using visit = await open(sid);
  const { page } = visit;
  await state(page, 'Waiting for you').waitFor();
  await say(page, '$ sleep 20; echo never');
  await timeline(page)
    .getByText(/Running/)
    .first()
    .waitFor();
  link.target = null;
  await server.kill();
  await page.getByText(/Connection lost. Reconnecting/).waitFor();
  server = await ServerProcess.start({ dataDir: folder.file('data') });
  link.target = server.port;
  await page.getByText(/Connection lost. Reconnecting/).waitFor({ state: 'detached' });
  await say(page, '$ echo alive again');
  await timeline(page).locator('.card-output', { hasText: 'alive again' }).waitFor();
  const ids = await rowIds(page);
  expect(new Set(ids).size).toBe(ids.length);
  expect(await saidOften(page, '$ echo alive again')).toBe(1);
});

it('pauses, resumes and stops the agent', async () => {
  const sid = await conversation();
  await using visit = await open(sid);
  const { page } = visit;
  await state(page, 'Waiting for you').waitFor();
  await say(page, '$ sleep 30\n$ echo after the pause');
  await page.getByRole('button', { name: 'Pause' }).click();
  await state(page, 'Paused').waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await timeline(page).locator('.card-output', { hasText: 'after the pause' }).waitFor();
  await say(page, '$ sleep 30');
  await timeline(page).locator('.card', { hasText: 'sleep 30' }).last().getByText('Running').waitFor();
  await page.keyboard.press('Escape');
  await state(page, 'Stopped').waitFor();
  expect(visit.faults).toEqual([]);
});

it('forks at an event', async () => {
  const sid = await conversation('$ echo one');
  await using visit = await open(sid);
  const { page } = visit;
  await timeline(page).locator('.card-output', { hasText: 'one' }).waitFor();
  await timeline(page).getByRole('button', { name: 'Event 0: more' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Fork from here' }).click();
  await page.waitForURL((url) => /\/conversations\//.test(url.pathname) && !url.pathname.endsWith(sid));
  await timeline(page).getByText('$ echo one').first().waitFor();
});

it('sends an image that is pasted', async () => {
  const sid = await conversation();
  await using visit = await open(sid);
  const { page } = visit;
  await field(page).evaluate((element, base64) => {
    const bytes = Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], 'dot.png', { type: 'image/png' }));
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, image);
  await page.getByRole('button', { name: 'Remove image 1' }).waitFor();
  await say(page, 'See this.');
  await timeline(page).getByRole('button', { name: '1 of 1; enlarge' }).click();
  await page.getByRole('dialog', { name: 'Image' }).waitFor();
  // It stays when the row that it was opened from becomes another one.
  await state(page, 'Waiting for you').waitFor();
  await page.getByRole('dialog', { name: 'Image' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  // Escape closed the dialog, and stopped nobody.
  await state(page, 'Waiting for you').waitFor();
  expect(visit.faults).toEqual([]);
});

it('says that a conversation is not there', async () => {
  await using visit = await Visit.open(browser, link.url, '/conversations/nowhere', { tolerates: cut });
  await visit.page.getByText('This conversation is not there.').waitFor();
});

it('fits a phone, in the dark', async () => {
  const sid = await conversation('$ ls -la /; false');
  await using visit = await Visit.open(browser, server.url, `/conversations/${sid}`, {
    viewport: phone,
    colorScheme: 'dark',
  });
  await timeline(visit.page).locator('.card').first().waitFor();
  expect(await visit.page.evaluate(() => document.documentElement.scrollWidth)).toBe(phone.width);
  expect(await visit.axeFindings()).toEqual([]);
  await visit.screenshot('conversation-phone-dark');
  expect(visit.faults).toEqual([]);
});

it('asks before it acts, and does what the person says', async () => {
  await server.api.post('/api/settings', { agent: 'ShellAgent', confirmation_mode: true });
  const sid = await server.api.create({ initial_user_msg: '$ echo first\n$ echo second' });
  await using visit = await open(sid);
  const { page } = visit;
  const pending = page.getByRole('region', { name: 'Waits for your decision' });
  await pending.getByText('echo first').waitFor();
  await state(page, 'Needs your decision').waitFor();
  await visit.screenshot('confirmation');
  expect(await visit.axeFindings()).toEqual([]);
  await pending.getByRole('button', { name: 'Confirm' }).click();
  await timeline(page).locator('.card-output', { hasText: 'first' }).waitFor();
  await pending.getByText('echo second').waitFor();
  await timeline(page).focus();
  await page.keyboard.press('n');
  await timeline(page).locator('.card', { hasText: 'echo second' }).getByText('Rejected').waitFor();
  await pending.waitFor({ state: 'detached' });
  expect(await timeline(page).locator('.card').count()).toBe(2);
  await server.api.post('/api/settings', { agent: 'ShellAgent', confirmation_mode: false });
  expect(visit.faults).toEqual([]);
});
