/** A whole visit with an unchanged web client of OpenHands 0.27: the page from its folder, and all that it then does. */
import { describe, expect, it } from 'vitest';
import { until } from '../standalone/harness/until.ts';
import { commandOf, isState, textOf, type WireEvent } from '../standalone/harness/wire.ts';
import { clientBuild } from './unchanged-client-build.ts';
import type { Site } from './unchanged-client-site.ts';
import { type Opened, Tab } from './unchanged-client-tab.ts';

const waits = (event: WireEvent): boolean => isState(event, 'awaiting_user_input');
const printed = (text: string) => (event: WireEvent) => event.observation === 'run' && event.content === text;

export function unchangedClientVisit(site: Site): void {
  describe('its folder', () => {
    it.each(['/', '/settings', '/conversations/0123456789abcdef0123456789abcdef', '/settings?tab=git'])(
      'is what a browser gets at %s: the page, its assets, its texts',
      async (address) => {
        const files = await new Tab(site).load(address);
        expect(files).toEqual(expect.arrayContaining(['/assets/root-1a2b.css', '/favicon.svg']));
      },
    );

    it.each(Object.entries(clientBuild))('has %s as it is', async (address, [type, text]) => {
      const response = await fetch(site.url + address);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain(type);
      expect(response.headers.get('cache-control')).toContain(
        address.startsWith('/assets/') ? 'immutable' : 'no-cache',
      );
      expect(await response.text()).toBe(text);
    });

    it('may have scripts in its page, and nobody may frame it', async () => {
      const policy = (await fetch(`${site.url}/`)).headers.get('content-security-policy') ?? '';
      const scripts = policy.split('; ').find((one) => one.startsWith('script-src')) ?? '';
      expect(scripts).toContain("'unsafe-inline'");
      expect(policy).toContain("frame-ancestors 'none'");
    });

    it('is no answer to what is missing', async () => {
      for (const address of ['/assets/missing.js', '/locales/xx/translation.json', '/api/nothing']) {
        const response = await fetch(site.url + address, { headers: { accept: '*/*' } });
        expect([address, response.status]).toEqual([address, 404]);
      }
    });
  });

  describe('a visit', () => {
    it('from the first page to the last, with a broken network in the middle', async () => {
      const tab = new Tab(site);
      await tab.load('/');
      const { config, settings } = await tab.boot();
      expect(config).toMatchObject({ APP_MODE: 'oss', POSTHOG_CLIENT_KEY: '' });
      expect(settings.status).toBe(200); // an earlier test has stored them
      expect((await site.api.get('/api/conversations?limit=9')).body).toHaveProperty('results');

      // Something is typed on the start page.
      const sid = await tab.create('$ mkdir src; echo one > src/a.txt; cat src/a.txt');
      await tab.load(`/conversations/${sid}`);
      const one = opened(await tab.open(sid));
      await one.event('the first message', (event) => textOf(event)?.startsWith('$ mkdir') ?? false);
      await one.event('its output', printed('one'));
      await one.event('it waits', waits);
      await one.quiet();
      expect(one.asked.filter(({ path }) => path === 'vscode-url')).toHaveLength(1);
      expect(one.asked.findLast(({ path }) => path === 'list-files')?.answer.body).toEqual(['src/']);

      // A file is opened, and read again at every change of state.
      expect((await site.api.get(`/api/conversations/${sid}/list-files?path=src%2F`)).body).toEqual([
        'src/a.txt',
      ]);
      one.openFile = 'src/a.txt';
      one.say('$ echo two >> src/a.txt');
      const asked = await one.event(
        'the message',
        (event) => textOf(event)?.startsWith('$ echo two') ?? false,
      );
      await one.event('it waits again', (event) => waits(event) && event.id > asked.id);
      await one.quiet();
      const shown = one.asked.findLast(({ path }) => path.startsWith('select-file'));
      expect(shown?.answer.body).toEqual({ code: 'one\ntwo\n' });

      // The network breaks while the agent works, and something is typed before it is back.
      one.say('$ for n in 1 2 3 4 5 6 7 8; do echo line $n; sleep 0.1; done; echo counted');
      await one.event('it counts', (event) => commandOf(event)?.startsWith('for n') ?? false);
      one.breakTransport();
      await one.event('it has counted', (event) => event.content?.endsWith('counted') ?? false);
      one.breakTransport();
      one.say('$ echo typed while away');
      await one.event('it was heard', printed('typed while away'));
      expect(one.sockets).toBe(3);

      // Another conversation beside it: the first socket stays.
      const other = opened(await tab.open(await tab.create('$ echo other')));
      await other.event('the other', printed('other'));
      one.type('wc -l < src/a.txt');
      await one.event('typed in the terminal', (event) => event.source === 'user' && printed('2')(event));
      one.say('$ sleep 100');
      await one.event('it sleeps', (event) => commandOf(event) === 'sleep 100');
      one.change('stopped');
      await one.event('it has stopped', (event) => isState(event, 'stopped'));
      expect(other.state).not.toBe('stopped');
      await Promise.all([one.quiet(), other.quiet()]);

      await sawEverything(site, one);
      await sawEverything(site, other);
      for (const { frames } of [one, other]) {
        expect(frames.filter((frame) => Object(frame).error === true)).toEqual([]);
      }

      // The last page: what it offers for download, and the list.
      const trajectory = await site.api.get(`/api/conversations/${sid}/trajectory`);
      expect(Object(trajectory.body).trajectory).not.toHaveLength(0);
      expect((await fetch(`${site.url}/api/conversations/${sid}/zip-directory`)).status).toBe(200);
      const listed = (await site.api.list()).slice(0, 2).map((info) => info.conversation_id);
      expect(new Set(listed)).toEqual(new Set([sid, other.sid]));
    });

    it('goes home from a conversation that is not there', async () => {
      expect(await new Tab(site).open('0123456789abcdef0123456789abcdef')).toBeNull();
    });

    it('goes on when the server that it talks with is killed, and the one that its agent works on, with nothing lost or shown twice', async () => {
      const tab = new Tab(site);
      const page = opened(await tab.open(await tab.create('$ echo before > file')));
      await page.event('it waits', waits);
      page.say('$ sleep 100\n$ cat file');
      await page.event('it sleeps', (event) => commandOf(event) === 'sleep 100');
      const whole = site.processes.crash([page.url, tab.createdAt]);
      // What is written into a connection that is just breaking is lost: this client asks for no acknowledgements.
      await until('its socket is gone', () => !page.isConnected);
      page.say('$ echo after');
      await page.event('it goes on', printed('after'), 25_000);
      await whole;
      await page.event('what was in the way', printed('before'));
      expect(page.events.filter((event) => commandOf(event) === 'sleep 100')).toHaveLength(1);
      await sawEverything(site, page);
    });
  });
}

function opened(page: Opened | null): Opened {
  if (page === null) throw new Error('There is no such conversation.');
  return page;
}

/** Everything of the log that is for clients, once and in order; of the changes of state the newest at least. */
async function sawEverything(site: Site, page: Opened): Promise<void> {
  const settled = page.events.findLast((event) => isState(event))?.id ?? -1;
  const log = (await site.api.events(page.sid)).filter(({ id }) => id <= settled);
  expect(page.ids).toEqual([...new Set(page.ids)].toSorted((left, right) => left - right));
  const isShown = (event: WireEvent): boolean =>
    !isState(event) &&
    event.action !== 'null' &&
    event.observation !== 'null' &&
    (event.source !== 'environment' || event.observation === 'run' || event.observation === 'error');
  const seen = page.events.filter(({ id }) => id <= settled);
  expect(seen.filter(isShown).map(({ id }) => id)).toEqual(log.filter(isShown).map(({ id }) => id));
}
