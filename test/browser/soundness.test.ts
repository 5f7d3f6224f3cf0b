/** What Lighthouse looks at beside speed, on every page with something on it: names, structure, headers, stillness. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../standalone/harness/until.ts';
import { isState } from '../standalone/harness/wire.ts';
import { OPEN_MS, Site } from './harness/site.ts';
import { phone, wide } from './harness/visit.ts';

/** The bound of Lighthouse for a page that is good. */
const MAX_SHIFT = 0.1;
/** WCAG 2.2, target size (minimum). */
const MIN_TARGET = 24;

const image =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAYAAAAf8/9hAAAAGUlEQVR4nGP4z8DwnxLMMGrAqAGjBgwXAwAwxP4QHCfkAAAAAABJRU5ErkJggg==';

let site: Site;
let conversation: string;
beforeAll(async () => {
  site = await Site.open();
  const { api } = site.server;
  const sid = await api.create({
    initial_user_msg:
      'Look at [this](https://example.org), and `that`:\n\n```js\nlet a = 1;\n```\n$ ls; false',
    image_urls: [image],
  });
  await until('it rests', async () =>
    (await api.events(sid)).some((event) => isState(event, 'awaiting_user_input')),
  );
  conversation = `/conversations/${sid}`;
}, OPEN_MS);
afterAll(() => site?.[Symbol.asyncDispose]());

/** What is wrong with a page as it stands, a line each. */
function faultsOf(page: Page): Promise<string[]> {
  return page.evaluate((minTarget) => {
    const found: string[] = [];
    const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
    const isShown = (element: Element) => element.checkVisibility({ visibilityProperty: true });
    const check = (isRight: boolean, what: string): void => {
      if (!isRight) found.push(what);
    };
    check(document.documentElement.lang === 'en', 'no language');
    check(/. · Convene$/.test(document.title), `the title is ${document.title}`);
    check(document.doctype !== null, 'no doctype');
    for (const name of ['viewport', 'description', 'color-scheme', 'theme-color']) {
      check(document.querySelector(`meta[name="${name}"]`) !== null, `no meta ${name}`);
    }
    check(all('h1').filter(isShown).length === 1, `${all('h1').filter(isShown).length} elements h1`);
    check(all('main').filter(isShown).length === 1, `${all('main').filter(isShown).length} elements main`);
    const ids = all('[id]').map(({ id }) => id);
    for (const id of ids.filter((one, index) => ids.indexOf(one) !== index)) check(false, `twice: #${id}`);
    for (const element of document.images) check(element.hasAttribute('alt'), `no alt: ${element.src}`);
    for (const element of all('[tabindex]')) check(element.tabIndex <= 0, `tabindex ${element.tabIndex}`);
    for (const element of all('script')) check(element.textContent === '', 'a script in the page');
    for (const link of all('a[target="_blank"]')) {
      check(/noopener|noreferrer/.test(link.getAttribute('rel') ?? ''), `opener for ${link.outerHTML}`);
    }
    for (const element of all('button, a.button, [role=tab], summary, input:not([hidden]), select')) {
      const { height, width } = element.getBoundingClientRect();
      if (!isShown(element) || width === 0) continue;
      check(Math.min(height, width) >= minTarget, `a target of ${width} by ${height}: ${element.outerHTML}`);
    }
    return found;
  }, MIN_TARGET);
}

it.each([
  ['wide', wide],
  ['phone', phone],
] as const)('every page is sound and stands still: %s', async (name, viewport) => {
  await using visit = await site.visit('about:blank', { viewport });
  const { page } = visit;
  await page.addInitScript(measureShifts);
  for (const path of ['/new', '/settings', '/cluster', conversation]) {
    await visit.go(path);
    await page.getByRole('main').waitFor();
    await page.waitForLoadState('networkidle');
    expect([path, await faultsOf(page)]).toEqual([path, []]);
    const shift = await page.evaluate(() => Number(Reflect.get(globalThis, 'shift')));
    expect([path, shift < MAX_SHIFT ? 'still' : shift]).toEqual([path, 'still']);
  }
  expect(await visit.axeFindings()).toEqual([]);
  await visit.screenshot(`sound-conversation-${name}`);
  expect(visit.faults).toEqual([]);
});

/** Runs in the page before anything else: adds up by how much it has moved by itself. */
function measureShifts(): void {
  Object.assign(globalThis, { shift: 0 });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { hadRecentInput, value } = entry as PerformanceEntry & {
        readonly value: number;
        readonly hadRecentInput: boolean;
      };
      if (!hadRecentInput) Object.assign(globalThis, { shift: Reflect.get(globalThis, 'shift') + value });
    }
  }).observe({ type: 'layout-shift', buffered: true });
}

it('is handed out with the headers that keep a page safe', async () => {
  const { headers } = await fetch(site.server.url + conversation, { headers: { accept: 'text/html' } });
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  for (const part of ["script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) {
    expect(policy).toContain(part);
  }
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('x-powered-by')).toBeNull();
});
