/** The workspace beside a conversation: files that are seen, edited and exchanged, and a terminal. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../standalone/harness/until.ts';
import { isState } from '../standalone/harness/wire.ts';
import { OPEN_MS, Site } from './harness/site.ts';
import { phone } from './harness/visit.ts';

const image =
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAYAAAAf8/9hAAAAGUlEQVR4nGP4z8DwnxLMMGrAqAGjBgwXAwAwxP4QHCfkAAAAAABJRU5ErkJggg==';

const WAIT_MS = 10_000;

let site: Site;

beforeAll(async () => {
  site = await Site.open();
}, OPEN_MS);

afterAll(() => site?.[Symbol.asyncDispose]());

/** A conversation whose agent has run these commands. */
async function conversation(...commands: string[]): Promise<string> {
  const sid = await site.server.api.create({
    initial_user_msg: commands.map((command) => `$ ${command}`).join('\n'),
  });
  await until('it rests', async () =>
    (await site.server.api.events(sid)).some((event) => isState(event, 'awaiting_user_input')),
  );
  return sid;
}

const row = (page: Page, name: string) => page.getByRole('treeitem', { name, exact: true });
const textOf = (page: Page, path: string) => page.getByRole('textbox', { name: `Text of ${path}` });
const screen = (page: Page) => page.locator('.xterm-rows');
const commandLine = (page: Page) => page.getByRole('textbox', { name: 'A command of your own' });

/** Whoever else works in the workspace. */
async function write(sid: string, filePath: string, content: string): Promise<void> {
  await site.server.api.post(`/api/conversations/${sid}/save-file`, { filePath, content });
}

async function read(sid: string, file: string): Promise<unknown> {
  const { body } = await site.server.api.get(`/api/conversations/${sid}/select-file?file=${file}`);
  return Object(body).code;
}

describe('files', () => {
  it('are a tree that keys and clicks open, and follow what the agent does', async () => {
    const sid = await conversation('mkdir -p src/deep; echo x > src/deep/x.txt; echo one > README.md');
    await using visit = await site.visit(`/conversations/${sid}`);
    const { page } = visit;
    page.setDefaultTimeout(WAIT_MS);
    await row(page, 'src').focus();
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'Enter']) {
      await page.keyboard.press(key);
      await page.getByText('Loading…').waitFor({ state: 'detached' });
    }
    await textOf(page, 'src/deep/x.txt').waitFor();
    expect(await textOf(page, 'src/deep/x.txt').inputValue()).toBe('x\n');
    for (const key of ['Tab', 'Enter']) await page.keyboard.press(key);
    await page.locator('[role=treeitem]:focus', { hasText: 'x.txt' }).waitFor();
    await site.server.api.say(sid, '$ echo new > src/new.txt; rm README.md');
    await row(page, 'new.txt').waitFor();
    await row(page, 'README.md').waitFor({ state: 'detached' });
    await visit.screenshot('workspace-files');
    expect(await visit.axeFindings()).toEqual([]);
    expect(visit.faults).toEqual([]);
  });

  it('are edited and saved; who else has changed one is not overwritten without a word', async () => {
    const sid = await conversation('printf "one\\r\\ntwo\\r\\n" > a.txt');
    await using visit = await site.visit(`/conversations/${sid}`);
    const { page } = visit;
    page.setDefaultTimeout(WAIT_MS);
    await row(page, 'a.txt').click();
    await textOf(page, 'a.txt').fill('one\nthree\n');
    await page.keyboard.press('Control+s');
    await page.getByText('not saved').waitFor({ state: 'detached' });
    expect(await read(sid, 'a.txt')).toBe('one\r\nthree\r\n');

    // Going elsewhere in the page loses nothing.
    await textOf(page, 'a.txt').fill('mine');
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await page.goBack();
    await page.getByRole('treeitem', { name: 'a.txt not saved' }).click();
    expect(await textOf(page, 'a.txt').inputValue()).toBe('mine');
    await write(sid, 'a.txt', 'theirs');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('has changed in the workspace').waitFor();
    await visit.screenshot('workspace-conflict');
    expect(await read(sid, 'a.txt')).toBe('theirs');
    await page.getByRole('button', { name: 'Keep mine' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('not saved').waitFor({ state: 'detached' });
    expect(await read(sid, 'a.txt')).toBe('mine');

    // While nobody edits it, it is what the agent makes of it.
    await site.server.api.say(sid, '$ echo of the agent > a.txt');
    await until('it is shown', async () => (await textOf(page, 'a.txt').inputValue()) === 'of the agent\n');
    expect(await visit.axeFindings()).toEqual([]);
    expect(visit.faults).toEqual([]);
  });

  it('come by drop and by button, and go as a zip; images are shown', async () => {
    const sid = await conversation('mkdir pictures');
    await using visit = await site.visit(`/conversations/${sid}`);
    const { page } = visit;
    page.setDefaultTimeout(WAIT_MS);
    await row(page, 'pictures').waitFor();
    const data = await page.evaluateHandle((base64) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], 'red.png', { type: 'image/png' }));
      return transfer;
    }, image);
    await row(page, 'pictures').dispatchEvent('drop', { dataTransfer: data });
    await page.getByText('1 file uploaded.').waitFor();
    await row(page, 'pictures').click();
    await row(page, 'red.png').click();
    const shown = page.getByRole('img', { name: 'red.png' });
    await shown.waitFor();
    expect(await shown.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBe(16);
    await visit.screenshot('workspace-image');
    await page.getByRole('button', { name: 'Back to the files' }).click();

    const chosen = [{ name: 'chosen.txt', mimeType: 'text/plain', buffer: Buffer.from('chosen') }];
    await page.getByLabel('Files to upload').setInputFiles(chosen);
    await row(page, 'chosen.txt').waitFor();
    expect(await read(sid, 'chosen.txt')).toBe('chosen');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download all' }).click(),
    ]);
    expect((await readFile(await download.path())).subarray(0, 2).toString()).toBe('PK');
    expect(visit.faults).toEqual([]);
  });
});

describe('the terminal', () => {
  it('shows what the agent runs as it is printed, and runs a command of one’s own', async () => {
    const sid = await conversation('echo earlier; false');
    await using visit = await site.visit(`/conversations/${sid}`, {
      colorScheme: 'dark',
    });
    const { page } = visit;
    page.setDefaultTimeout(WAIT_MS);
    await page.getByRole('tab', { name: 'Terminal' }).click();
    await screen(page).getByText('exit code 1').waitFor();
    await site.server.api.say(
      sid,
      '$ echo begun; sleep 1; printf "\\033[38;2;255;0;0mred\\033[0m"; echo; echo ended',
    );
    await screen(page).getByText('begun', { exact: true }).waitFor();
    expect(await screen(page).getByText('ended', { exact: true }).count()).toBe(0);
    await screen(page).getByText('ended', { exact: true }).waitFor();
    await commandLine(page).fill('pwd | wc -l; ls | wc -l');
    await commandLine(page).press('Enter');
    await screen(page).getByText('you $').waitFor();
    await screen(page).getByText('0', { exact: true }).waitFor();
    await commandLine(page).press('ArrowUp');
    expect(await commandLine(page).inputValue()).toBe('pwd | wc -l; ls | wc -l');
    await visit.screenshot('workspace-terminal-dark');
    expect(await visit.axeFindings()).toEqual([]);
    expect(visit.faults).toEqual([]);
  });

  it('is a tab of its own on a phone', async () => {
    const sid = await conversation('echo hello; mkdir src');
    await using visit = await site.visit(`/conversations/${sid}`, { viewport: phone });
    const { page } = visit;
    page.setDefaultTimeout(WAIT_MS);
    await page.getByRole('tab', { name: 'Terminal' }).click();
    await screen(page).getByText('hello', { exact: true }).waitFor();
    await visit.screenshot('workspace-terminal-phone');
    await page.getByRole('tab', { name: 'Files' }).click();
    await row(page, 'src').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(phone.width);
    expect(await visit.axeFindings()).toEqual([]);
    expect(visit.faults).toEqual([]);
  });
});

it('is as wide as it was left, and hidden where it was hidden', async () => {
  const sid = await conversation('true');
  await using visit = await site.visit(`/conversations/${sid}`);
  const { page } = visit;
  page.setDefaultTimeout(WAIT_MS);
  const separator = page.getByRole('separator', { name: 'Width of the workspace' });
  await separator.focus();
  for (const key of ['End', 'ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key);
  const width = await separator.getAttribute('aria-valuenow');
  await page.reload();
  await until('it is as wide', async () => (await separator.getAttribute('aria-valuenow')) === width);
  await page.getByRole('button', { name: 'Close the workspace' }).click();
  await page.reload();
  await page.getByRole('button', { name: 'Show the workspace' }).click();
  await separator.waitFor();
  expect(visit.faults).toEqual([]);
});
