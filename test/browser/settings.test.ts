/** The settings page, with a stand-in for a provider of models. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MockLlm } from '../../src/testing/mock-llm.ts';
import { until } from '../standalone/harness/until.ts';
import { OPEN_MS, Site } from './harness/site.ts';

const key = 'sk-of-the-browser-5eCr3T';

let site: Site;
let llm: MockLlm;
beforeAll(async () => {
  llm = await MockLlm.start([], { otherwise: { text: 'OK' } });
  site = await Site.open();
}, OPEN_MS);
afterAll(async () => {
  await site[Symbol.asyncDispose]();
  await llm[Symbol.asyncDispose]();
});

it('a model is tried out, stored, and answers; its key is never shown again', async () => {
  await using visit = await site.visit('/settings');
  const { page } = visit;
  const seen: string[] = [];
  page.on('response', (response) => {
    response.text().then(
      (text) => seen.push(text),
      () => {}, // of a page that was left
    );
  });
  await page.getByRole('combobox', { name: 'Model' }).fill('openai/mock');
  await page.getByLabel('Key').fill(key);
  await page.getByLabel('Base URL').fill('localhost');
  await page.getByText('An address that begins with http:// or https://.').waitFor();
  await page.getByLabel('Base URL').fill(llm.url);
  await page.getByRole('button', { name: 'Test this model' }).click();
  await page.getByText(/It answered after \d/).waitFor();
  await visit.screenshot('settings-tested');
  expect(await visit.axeFindings()).toEqual([]);
  expect(llm.requests).toHaveLength(1);

  await page.getByRole('combobox', { name: 'Confirmation' }).selectOption('Ask me first');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('A key is stored').waitFor();
  await page.reload();
  await page.getByText('A key is stored').waitFor();
  expect(await page.getByRole('combobox', { name: 'Model' }).inputValue()).toBe('openai/mock');
  expect(await page.content()).not.toContain(key);
  expect(seen.join()).not.toContain(key);

  await page.getByRole('link', { name: 'New conversation' }).click();
  await page.getByRole('textbox', { name: 'First message' }).fill('Say OK');
  await page.getByRole('button', { name: 'Start' }).click();
  await until('the model is asked', () => llm.requests.length > 1);
  expect(visit.faults).toEqual([]);
});

it('says what is wrong with a model', async () => {
  await using visit = await site.visit('/settings');
  const { page } = visit;
  await page.getByRole('combobox', { name: 'Model' }).fill('nobody-knows-this');
  await page.getByLabel('Base URL').fill('');
  await page.getByRole('button', { name: 'Test this model' }).click();
  await page.getByText('Nobody knows where to ask the model').waitFor();
  expect(visit.faults).toEqual([]);
});
