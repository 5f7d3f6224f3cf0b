/** What the first visit loads. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureWebApp } from '../../scripts/web/web-app.ts';
import { ServerProcess } from '../standalone/harness/server-process.ts';
import { TemporaryFolder } from '../standalone/harness/temporary-folder.ts';
import { launchChromium } from './harness/chromium.ts';
import { phone, Visit, wide } from './harness/visit.ts';

const dist = join(import.meta.dirname, '../../dist/web');
const MAX_BYTES = 250 * 1024;

let browser: Browser;
let folder: TemporaryFolder;
let server: ServerProcess;

beforeAll(async () => {
  await ensureWebApp();
  folder = await TemporaryFolder.make();
  server = await ServerProcess.start({ dataDir: folder.file('data') });
  browser = await launchChromium();
}, 300_000);

afterAll(async () => {
  await browser.close();
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

it('loads at most 250 KB of scripts, and nothing from elsewhere', async () => {
  await using visit = await Visit.open(browser, server.url);
  await visit.page.getByRole('heading', { name: 'Conversations' }).first().waitFor();
  const scripts = await visit.page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => new URL(name).pathname)
      .filter((path) => path.endsWith('.js')),
  );
  expect(scripts.length).toBeGreaterThan(0);
  const contents = await Promise.all(scripts.map((path) => readFile(join(dist, path))));
  const bytes = contents.reduce((sum, content) => sum + gzipSync(content).length, 0);
  console.log(`the first load: ${scripts.length} scripts, ${bytes} bytes with gzip`);
  expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
  expect(visit.faults).toEqual([]);
  expect(await visit.axeFindings()).toEqual([]);
});

it.each([wide, phone])('fits a window of $width by $height', async (viewport) => {
  await using visit = await Visit.open(browser, server.url, '/', { viewport });
  await visit.page.getByRole('heading', { name: 'Conversations' }).first().waitFor();
  expect(await visit.page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width);
});
