/** The page of somebody whose server is a cluster: three nodes behind one address, of which two are killed. */
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

const LEASE_MS = 6_000;
const WAIT_MS = 15_000;
const LONG = 'for n in $(seq 500); do echo line $n; sleep 0.2; done';

let stack: ReleaseStack;
let browser: Browser;
let cluster: Cluster;
/** Where the balancer sends people: at first to all nodes but the last. */
let reachable: ServerProcess[] = [];
let last: ServerProcess;
let proxy: RoundRobin;

beforeAll(async () => {
  await using making = new ReleaseStack();
  await ensureWebApp();
  cluster = making.use(await Cluster.start({ sharesWorkspaces: false }));
  reachable = [await cluster.node(), await cluster.node()];
  last = await cluster.node();
  proxy = making.use(await RoundRobin.listen(() => reachable.map(({ port }) => port), 0));
  browser = await launchChromium();
  making.defer(() => browser.close());
  stack = making.move();
}, 400_000);
afterAll(() => stack?.[Symbol.asyncDispose]());

it('goes on when nodes are killed under it: it says so, loses nothing, and repeats nothing', async () => {
  await using visit = await Visit.open(browser, proxy.url, '/', {
    tolerates: /WebSocket|Failed to load|ERR_/,
  });
  const { page } = visit;
  page.setDefaultTimeout(WAIT_MS);
  const rows = page.locator('article.row');
  await page
    .getByRole('textbox', { name: 'First message' })
    .fill(`$ touch kept-there.txt\n$ ${LONG}\n$ echo then`);
  await page.getByRole('button', { name: 'Start' }).click();
  await rows
    .getByText(/^line \d/)
    .first()
    .waitFor();
  const files = page.getByRole('region', { name: 'Workspace' });
  await files.getByText('kept-there.txt').waitFor();
  const sid = new URL(page.url()).pathname.split('/').at(-1) ?? '';

  await cluster.settled(LEASE_MS);
  const killed = reachable;
  reachable = []; // a balancer takes its time to notice
  await Promise.all(killed.map((node) => node.kill()));
  await page.getByText(/Connection lost/).waitFor();
  const field = page.getByRole('textbox', { name: 'Message', exact: true });
  await field.fill('$ echo written while nobody was there');
  await field.press('Enter');
  await page.getByText('Sending…').waitFor();
  await visit.screenshot('cluster-node-killed');
  reachable = [last];
  await rows.getByText('then', { exact: true }).waitFor();
  await rows.getByText('written while nobody was there', { exact: true }).waitFor();
  await page.getByText(/Connection lost/).waitFor({ state: 'detached' });
  await page.getByText('Sending…').waitFor({ state: 'detached' });
  // Nodes that share no folder lose the files with the node that had them: that is said where they were.
  await files.getByRole('alert').waitFor();
  await files.getByText('kept-there.txt').waitFor({ state: 'detached' });
  await visit.screenshot('cluster-gone-on');

  const log = await new Api(proxy.url).events(sid);
  const commands = log.flatMap((event) => commandOf(event) ?? []);
  expect(commands).toEqual([
    'touch kept-there.txt',
    LONG,
    'echo then',
    'echo written while nobody was there',
  ]);
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
