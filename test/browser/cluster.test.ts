/** The page of somebody whose server is a cluster: three nodes behind one address, of which some are killed. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RoundRobin } from '../../scripts/cluster/round-robin.ts';
import { ensureWebApp } from '../../scripts/web/web-app.ts';
import { ReleaseStack } from '../../src/release-stack.ts';
import { Cluster } from '../cluster/cluster.ts';
import { Api } from '../standalone/harness/api.ts';
import type { ServerProcess } from '../standalone/harness/server-process.ts';
import { until } from '../standalone/harness/until.ts';
import { commandOf, textOf } from '../standalone/harness/wire.ts';
import { launchChromium } from './harness/chromium.ts';
import { Visit } from './harness/visit.ts';

const NODES = 3;
const LEASE_MS = 6_000;
const WAIT_MS = 15_000;

let stack: ReleaseStack;
let browser: Browser;
let cluster: Cluster;
let nodes: ServerProcess[] = [];
/** Whether the balancer finds anybody. */
let isOpen = true;
let proxy: RoundRobin;

beforeAll(async () => {
  await using making = new ReleaseStack();
  await ensureWebApp();
  cluster = making.use(await Cluster.start());
  for (let n = 0; n < NODES; n += 1) nodes.push(await cluster.node());
  proxy = making.use(await RoundRobin.listen(() => (isOpen ? nodes.map(({ port }) => port) : []), 0));
  browser = await launchChromium();
  making.defer(() => browser.close());
  stack = making.move();
}, 400_000);
afterAll(() => stack?.[Symbol.asyncDispose]());

/** The nodes that run an agent, or that a page is connected to. */
async function busy(): Promise<ServerProcess[]> {
  const found: ServerProcess[] = [];
  for (const node of nodes) {
    const metrics = await (await fetch(`${node.url}/metrics`)).text();
    if (/^convene_(connections|running_loops)\b.* [1-9]/m.test(metrics)) found.push(node);
  }
  return found;
}

it('goes on when nodes are killed under it: it says so, loses nothing, and repeats nothing', async () => {
  await using visit = await Visit.open(browser, proxy.url, '/', {
    tolerates: /WebSocket|Failed to load|ERR_/,
  });
  const { page } = visit;
  page.setDefaultTimeout(WAIT_MS);
  const rows = page.locator('article.row');
  await page.getByRole('textbox', { name: 'First message' }).fill('$ echo begun; sleep 100\n$ echo then');
  await page.getByRole('button', { name: 'Start' }).click();
  await rows.getByText('begun', { exact: true }).waitFor();
  const sid = new URL(page.url()).pathname.split('/').at(-1) ?? '';

  await cluster.settled(LEASE_MS);
  isOpen = false; // a balancer takes its time to notice
  const doomed = await busy();
  expect(doomed.length).toBeGreaterThan(0);
  expect(doomed.length).toBeLessThan(NODES);
  nodes = nodes.filter((node) => !doomed.includes(node));
  await Promise.all(doomed.map((node) => node.kill()));
  await page.getByText(/Connection lost/).waitFor();
  const field = page.getByRole('textbox', { name: 'Message', exact: true });
  await field.fill('$ echo written while nobody was there');
  await field.press('Enter');
  await page.getByText('Sending…').waitFor();
  await visit.screenshot('cluster-node-killed');
  isOpen = true;
  await rows.getByText('then', { exact: true }).waitFor();
  await rows.getByText('written while nobody was there', { exact: true }).waitFor();
  await page.getByText(/Connection lost/).waitFor({ state: 'detached' });
  await page.getByText('Sending…').waitFor({ state: 'detached' });
  await visit.screenshot('cluster-gone-on');

  const log = await new Api(proxy.url).events(sid);
  const commands = log.flatMap((event) => commandOf(event) ?? []);
  expect(commands).toEqual(['echo begun; sleep 100', 'echo then', 'echo written while nobody was there']);
  expect(log.flatMap((event) => (event.source === 'user' ? (textOf(event) ?? []) : []))).toHaveLength(2);
  const shown = await rows.evaluateAll((all) => all.map((row) => Number(row.getAttribute('data-id'))));
  expect(shown).toEqual([...new Set(shown)].toSorted((left, right) => left - right));
  const told = log.filter((event) => commandOf(event) !== null || textOf(event) !== null);
  expect(shown).toEqual(expect.arrayContaining(told.map(({ id }) => id)));

  await page.getByRole('link', { name: 'Cluster' }).click();
  await page.getByText('Takeovers').first().waitFor();
  await until('it is shown who took over', async () => {
    const takeovers = await page.getByRole('main').innerText();
    return takeovers.includes(sid.slice(0, 6)) || /\b1\b/.test(takeovers);
  });
  await visit.screenshot('cluster-page');
  expect(await visit.axeFindings()).toEqual([]);
  expect(visit.faults).toEqual([]);
}, 90_000);
