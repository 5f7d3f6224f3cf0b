/** An agent that asks a model: words as they come, edits, and what is said when the model fails. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureWebApp } from '../../scripts/web/web-app.ts';
import type { MockLlm, MockScriptStep } from '../../src/testing/mock-llm.ts';
import { Link } from '../fixtures/link.ts';
import { calls, mockLlm, serverWith } from '../standalone/harness/model.ts';
import type { ServerProcess } from '../standalone/harness/server-process.ts';
import { TemporaryFolder } from '../standalone/harness/temporary-folder.ts';
import { launchChromium } from './harness/chromium.ts';
import { Visit } from './harness/visit.ts';

let browser: Browser;
let folder: TemporaryFolder;
let llm: MockLlm;
let server: ServerProcess;
let link: Link;
const script: MockScriptStep[] = [];

/** Opened one after the other, by the test. */
const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;

beforeAll(async () => {
  await ensureWebApp();
  folder = await TemporaryFolder.make();
  script.push(
    { text: ['The answer ', 'is **', gates[0].promise, 'forty', gates[1].promise, '-two**.'] },
    calls('str_replace_editor', { command: 'create', path: 'notes.txt', file_text: 'one\ntwo\n' }),
    calls('str_replace_editor', { command: 'str_replace', path: 'notes.txt', old_str: 'two', new_str: '2' }),
    { text: 'It is written.' },
    { fault: 'wrong_key' },
  );
  llm = await mockLlm(script);
  server = await serverWith(llm, folder.file('data'), { env: { CONVENE_LLM_TIMEOUT_MS: '20000' } });
  link = await Link.to(server.url);
  browser = await launchChromium();
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await link?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
  await llm?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

const timeline = (page: Page) => page.getByRole('region', { name: 'Timeline' });

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text);
  await page.getByRole('textbox', { name: 'Message' }).press('Enter');
}

it('shows words as they come, over a cut, and what is said in the end once', async () => {
  const sid = await server.api.create({});
  await using visit = await Visit.open(browser, link.url, `/conversations/${sid}`, {
    tolerates: /ERR_|WebSocket|Failed to load resource/,
  });
  const { page } = visit;
  await page.locator('[data-link="live"]').waitFor();
  await say(page, 'What is the answer?');
  const draft = timeline(page).getByRole('article', { name: 'Agent, as it comes' });
  await draft.getByText('The answer is **').waitFor();
  gates[0].resolve();
  await draft.getByText('forty').waitFor();
  link.cut();
  await page.getByText(/Connection lost/).waitFor();
  gates[1].resolve();
  link.restore();
  await timeline(page).locator('.message-agent strong', { hasText: 'forty-two' }).waitFor();
  await draft.waitFor({ state: 'detached' });
  expect(await timeline(page).getByText('The answer is').count()).toBe(1);

  await say(page, 'Write it down.');
  await timeline(page).getByText('It is written.').waitFor();
  await timeline(page).getByText('Created').waitFor();
  await timeline(page).locator('.diff-removed', { hasText: 'two' }).waitFor();
  await timeline(page).locator('.diff-added', { hasText: '2' }).waitFor();
  await visit.screenshot('edits');
  expect(await visit.axeFindings()).toEqual([]);

  await say(page, 'And now?');
  await timeline(page).getByRole('link', { name: 'Open the settings' }).waitFor();
  await page.locator('.page-header').getByText('Error', { exact: true }).waitFor();
  await visit.screenshot('wrong-key');
  expect(visit.faults).toEqual([]);
});
