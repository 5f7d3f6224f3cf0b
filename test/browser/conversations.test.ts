/** The list of conversations as people use it, from the first visit on. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../standalone/harness/until.ts';
import { OPEN_MS, Site } from './harness/site.ts';
import type { Visit } from './harness/visit.ts';

let site: Site;
let visit: Visit;
let page: Page;
beforeAll(async () => {
  site = await Site.open();
  visit = await site.visit();
  page = visit.page;
}, OPEN_MS);
afterAll(() => site[Symbol.asyncDispose]());

const row = (title: string) =>
  page.getByRole('listitem').filter({ has: page.getByRole('link', { name: title }) });

async function choose(title: string, action: string): Promise<void> {
  await row(title)
    .getByRole('button', { name: `Actions for ${title}` })
    .click();
  await page.getByRole('menuitem', { name: action }).click();
}

/** A conversation that has come to rest. */
async function rested(text: string): Promise<string> {
  const sid = await site.server.api.create({ initial_user_msg: text });
  await until('the agent rests', async () => {
    const { body } = await site.server.api.get(`/api/conversations/${sid}`);
    return Object(body).agent_state === 'awaiting_user_input';
  });
  return sid;
}

it('a first visit without a key: a command is run, and the list shows it', async () => {
  await page.getByText('No conversations yet').waitFor();
  await page.getByText('No model is set, so the agent runs commands').waitFor();
  await visit.screenshot('first-visit');
  await page.keyboard.press('/');
  await page.keyboard.type('$ echo Hello from the workspace');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/conversations\/[0-9a-f]{32}$/);
  await row('$ echo Hello from the workspace').getByText('Waiting for you').waitFor();
  await visit.screenshot('first-command');
  expect(await visit.axeFindings()).toEqual([]);
  await page.reload();
  await row('$ echo Hello from the workspace').getByText('Waiting for you').waitFor();
  expect(visit.faults).toEqual([]);
});

describe('the list', () => {
  it('shows what others start and do, by itself', async () => {
    await visit.go('/');
    await page.getByRole('heading', { name: 'Conversations' }).waitFor();
    const sid = await site.server.api.create({ initial_user_msg: '$ sleep 30' });
    await row('$ sleep 30').getByText('Running').waitFor();
    await site.server.api.post(`/api/conversations/${sid}/stop`, {});
    await row('$ sleep 30').getByText('Stopped').waitFor();
    expect(visit.faults).toEqual([]);
  });

  it('renames in place', async () => {
    const sid = await rested('to be renamed');
    await visit.go('/');
    await choose('to be renamed', 'Rename');
    await page.getByRole('textbox', { name: 'Title' }).fill('A better name');
    await page.keyboard.press('Enter');
    await row('A better name').waitFor();
    await until('the server knows', async () => {
      const { body } = await site.server.api.get(`/api/conversations/${sid}`);
      return Object(body).title === 'A better name';
    });
    expect(visit.faults).toEqual([]);
  });

  it('deletes, takes that back, and means it when its time is over or the page goes', async () => {
    const exists = async (sid: string): Promise<boolean> =>
      (await site.server.api.get(`/api/conversations/${sid}`)).body !== null;
    const sid = await rested('to be deleted');
    await visit.go(`/conversations/${sid}`);
    await choose('to be deleted', 'Delete');
    await row('to be deleted').waitFor({ state: 'detached' });
    expect(new URL(page.url()).pathname).toBe('/');
    await page.getByRole('button', { name: 'Undo' }).click();
    await row('to be deleted').waitFor();
    expect(await exists(sid)).toBe(true);

    await choose('to be deleted', 'Delete');
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await until('it is deleted', async () => !(await exists(sid)));

    const other = await rested('to be left');
    await choose('to be left', 'Delete');
    await page.goto('about:blank');
    await until('it is deleted too', async () => !(await exists(other)));
    expect(visit.faults).toEqual([]);
  });

  it('forks', async () => {
    await rested('to be forked');
    await visit.go('/');
    await choose('to be forked', 'Fork');
    await row('to be forked (fork)').getByText('Stopped').waitFor();
    await page.waitForURL(/\/conversations\/[0-9a-f]{32}$/);
    expect(visit.faults).toEqual([]);
  });

  it('exports a file, and imports it again', async () => {
    await rested('to be exported');
    await visit.go('/');
    const downloading = page.waitForEvent('download');
    await choose('to be exported', 'Export');
    const download = await downloading;
    expect(download.suggestedFilename()).toBe('to be exported.json');
    const file = site.folder.file('exported.json');
    await download.saveAs(file);
    const exported = JSON.parse(await readFile(file, 'utf8'));
    expect(exported).toMatchObject({ title: 'to be exported' });

    await choose('to be exported', 'Rename');
    await page.getByRole('textbox', { name: 'Title' }).fill('The original');
    await page.keyboard.press('Enter');
    await page.getByLabel('File of a conversation').setInputFiles(file);
    await row('to be exported').getByText('Stopped').waitFor();
    expect(visit.faults).toEqual([]);
  });

  it('refuses a file that is none, in words', async () => {
    await visit.go('/');
    const file = { name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{"what":"ever"}') };
    await page.getByLabel('File of a conversation').setInputFiles(file);
    await page.getByText('The import failed: this file has no events.').waitFor();
    expect(visit.faults).toEqual([]);
  });

  it('is searched by titles and texts', async () => {
    await rested('a marzipan recipe');
    await visit.go('/');
    const search = page.getByRole('searchbox', { name: 'Search conversations' });
    await search.fill('marzip');
    await row('a marzipan recipe').waitFor();
    await row('The original').waitFor({ state: 'detached' });
    await search.fill('nothing has this');
    await page.getByText('Nothing found').waitFor();
    await search.press('Escape');
    await row('The original').waitFor();
    expect(visit.faults).toEqual([]);
  });
});

describe('the palette', () => {
  it('opens pages and conversations by a few letters, with the keyboard alone', async () => {
    await rested('a needle in the haystack');
    await visit.go('/');
    await page.getByRole('heading', { name: 'Conversations' }).waitFor();
    await page.keyboard.press('Control+k');
    const field = page.getByRole('combobox', { name: 'Find a command or a conversation' });
    await field.fill('clus');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/cluster');
    await page.keyboard.press('Control+k');
    await field.fill('needle');
    await page.getByRole('option', { name: 'a needle in the haystack' }).waitFor();
    await visit.screenshot('palette');
    expect(await visit.axeFindings()).toEqual([]);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/conversations\/[0-9a-f]{32}$/);
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Escape');
    await field.waitFor({ state: 'detached' });
    expect(visit.faults).toEqual([]);
  });
});
