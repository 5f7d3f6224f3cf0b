/** Every page, at both ends of the sizes and in both schemes: nothing that axe finds serious, nothing that sticks out. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OPEN_MS, Site } from './harness/site.ts';
import { phone, type Visit, wide } from './harness/visit.ts';

let site: Site;
let visit: Visit;
beforeAll(async () => {
  site = await Site.open();
  for (const text of ['$ echo one', '$ echo two', 'What is this?']) {
    await site.server.api.create({ initial_user_msg: text });
  }
  visit = await site.visit();
}, OPEN_MS);
afterAll(() => site[Symbol.asyncDispose]());

const pages = [
  { name: 'start', path: '/new', shows: 'What should be done?' },
  { name: 'settings', path: '/settings', shows: 'Settings' },
  { name: 'cluster', path: '/cluster', shows: 'Takeovers' },
  { name: 'none', path: '/no/such/page', shows: 'There is no such page' },
];

it.each(pages)('$path is sound at every size and in both schemes', async ({ name, path, shows }) => {
  await visit.go(path);
  const { page } = visit;
  for (const [look, viewport, colorScheme] of [
    ['wide', wide, 'light'],
    ['wide-dark', wide, 'dark'],
    ['phone', phone, 'light'],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    await page.getByRole('heading', { name: shows }).first().waitFor();
    const others = page.getByRole('link', { name: 'What is this?' });
    await others.waitFor({ state: viewport === wide ? 'visible' : 'detached' });
    await visit.screenshot(`${name}-${look}`);
    expect(await visit.axeFindings()).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width);
  }
  expect(visit.faults).toEqual([]);
});

it('the list is the first page of a phone, and sound', async () => {
  const { page } = visit;
  await page.setViewportSize(phone);
  await visit.go('/');
  await page.getByRole('link', { name: 'What is this?' }).waitFor();
  await visit.screenshot('list-phone');
  expect(await visit.axeFindings()).toEqual([]);
  await page.getByRole('link', { name: 'New conversation' }).click();
  await page.getByRole('textbox', { name: 'First message' }).waitFor();
  await page.getByRole('link', { name: 'Back to all conversations' }).click();
  await page.getByRole('link', { name: 'What is this?' }).waitFor();
  expect(visit.faults).toEqual([]);
});
