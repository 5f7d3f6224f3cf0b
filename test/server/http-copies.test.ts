/** Forks, imports, and the search over all conversations, over HTTP. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from './harness.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server[Symbol.asyncDispose]());

const C = '/api/conversations';

async function idOf(answer: Promise<{ status: number; body: unknown }>): Promise<string> {
  const { body, status } = await answer;
  expect(status).toBe(200);
  return (body as { conversation_id: string }).conversation_id;
}

const create = (text: string): Promise<string> => idOf(server.post(C, { initial_user_msg: text }));

async function log(sid: string) {
  return (await server.store.events({ sid, limit: 1000 })).events;
}

/** One that has come to rest. */
async function settled(text: string): Promise<string> {
  const sid = await create(text);
  await server.post(`${C}/${sid}/stop`, {});
  return sid;
}

describe('POST …/fork', () => {
  it('copies the events up to one with their ids and times, and ends stopped', async () => {
    const sid = await settled('hello there');
    const before = await log(sid);
    const copy = await idOf(server.post(`${C}/${sid}/fork`, { event_id: 0 }));
    const after = await log(copy);
    expect(after[0]).toEqual(before[0]);
    expect(after.map(({ id }) => id)).toEqual(after.map((_, index) => index));
    expect(after.at(-1)).toMatchObject({
      observation: 'agent_state_changed',
      extras: { agent_state: 'stopped' },
    });
    expect((await server.get(`${C}/${copy}`)).body).toMatchObject({
      title: 'hello there',
      status: 'STOPPED',
      agent_state: 'stopped',
    });
    expect(await log(sid)).toEqual(before);
  });

  it('copies all of it by default, under a title of its own', async () => {
    const sid = await settled('hello');
    const before = await log(sid);
    const copy = await idOf(server.post(`${C}/${sid}/fork`, { title: 'Another try' }));
    expect((await log(copy)).slice(0, before.length)).toEqual(before);
    expect((await server.get(`${C}/${copy}`)).body).toMatchObject({ title: 'Another try' });
  });

  it('goes on with a message', async () => {
    const copy = await idOf(server.post(`${C}/${await settled('hello')}/fork`, {}));
    const { head } = (await server.store.conversation(copy)) ?? { head: 0 };
    expect(await server.post(`${C}/${copy}/message`, { message: 'and now?' })).toMatchObject({
      body: { success: true, id: head + 1 },
    });
  });

  it('makes one copy for one key', async () => {
    const sid = await settled('hello');
    const key = { 'idempotency-key': 'once' };
    const copies = await Promise.all([1, 2, 3].map(() => idOf(server.post(`${C}/${sid}/fork`, {}, key))));
    expect(new Set(copies).size).toBe(1);
    expect((await server.store.list({ limit: 100 })).conversations).toHaveLength(2);
  });

  it('refuses what is not there', async () => {
    expect((await server.post(`${C}/nothing/fork`, {})).status).toBe(404);
    const sid = await settled('hello');
    expect(await server.post(`${C}/${sid}/fork`, { event_id: -1 })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request', field: 'event_id' } },
    });
  });
});

describe('POST /api/conversations/import', () => {
  it('takes in what a trajectory tells, without what it leaves out, and carries nothing out', async () => {
    const trajectory = [
      {
        id: 0,
        source: 'user',
        action: 'message',
        args: { content: 'say hi' },
        timestamp: '2026-01-01T00:00:00Z',
      },
      {
        id: 2,
        source: 'agent',
        action: 'run',
        args: { command: 'echo hi' },
        timestamp: '2026-01-01T00:00:01Z',
      },
    ];
    const sid = await idOf(server.post(`${C}/import`, { trajectory, title: 'Imported' }));
    const events = await log(sid);
    expect(events.slice(0, 3)).toMatchObject([
      { id: 0, action: 'message', timestamp: '2026-01-01T00:00:00.000Z' },
      { id: 1, observation: 'null' },
      { id: 2, action: 'run', timestamp: '2026-01-01T00:00:01.000Z' },
    ]);
    const answered = events.find((event) => event.cause === 2);
    expect(answered).toMatchObject({ observation: 'error' });
    expect(events.at(-1)).toMatchObject({
      observation: 'error',
      extras: { error_id: 'AGENT_ERROR$WORKSPACE_GONE' },
    });
    expect((await server.get(`${C}/${sid}`)).body).toMatchObject({
      title: 'Imported',
      agent_state: 'stopped',
    });
  });

  it('takes back what another conversation gave', async () => {
    const sid = await settled('hello');
    const { body } = await server.get(`${C}/${sid}/trajectory`);
    const copy = await idOf(server.post(`${C}/import`, body));
    const messages = (await log(copy)).filter((event) => 'action' in event && event.action === 'message');
    expect(messages[0]).toMatchObject({ id: 0, source: 'user', args: { content: 'hello' } });
  });

  it('names a bad event, and leaves nothing behind', async () => {
    const trajectory = [{ source: 'user', action: 'message', args: { content: 'x' } }, { what: 'ever' }];
    expect(await server.post(`${C}/import`, { trajectory })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request', index: 1 } },
    });
    expect((await server.store.list({ limit: 100 })).conversations).toEqual([]);
  });
});

describe('GET /api/conversations?query', () => {
  const found = async (query: string, more = ''): Promise<string[]> => {
    const titles: string[] = [];
    let page = '';
    do {
      const { body } = await server.get(`${C}?query=${encodeURIComponent(query)}${page}${more}`);
      const { next_page_id: next, results } = body as {
        results: { title: string }[];
        next_page_id: string | null;
      };
      titles.push(...results.map(({ title }) => title));
      page = next === null ? '' : `&page_id=${next}`;
    } while (page !== '');
    return titles;
  };

  it('finds by beginnings of words of titles and of texts, newest first', async () => {
    const first = await settled('please bake a lemon cake');
    await settled('paint the garden fence');
    await server.post(`${C}/${first}`, { title: 'Dessert' }, {}, 'PATCH');
    await settled('lemonade for everybody');
    expect(await found('LEM')).toEqual(['lemonade for everybody', 'Dessert']);
    expect(await found('dess')).toEqual(['Dessert']);
    expect(await found('bake cake')).toEqual(['Dessert']);
    expect(await found('emon')).toEqual([]);
  });

  it('goes on from page to page', async () => {
    for (const index of [1, 2, 3, 4, 5]) await settled(`needle ${index}`);
    expect(await found('needle', '&limit=2')).toEqual([5, 4, 3, 2, 1].map((index) => `needle ${index}`));
  });
});

describe('settings', () => {
  it('have defaults, and tell whether a user has stored some', async () => {
    expect((await server.get('/api/options/defaults')).body).toMatchObject({
      settings_are_stored: false,
      lacks_llm: false,
      llm_model: null,
      confirmation_mode: false,
    });
    await server.post('/api/settings', { llm_model: 'openai/gpt-4o', llm_api_key: 'sk-secret-key' });
    const { body } = await server.get('/api/options/defaults');
    expect(body).toMatchObject({ settings_are_stored: true, has_llm: true });
    expect(JSON.stringify(body)).not.toContain('sk-secret-key');
  });

  it('without a model have none to test', async () => {
    expect(await server.post('/api/settings/test', {})).toMatchObject({
      status: 200,
      body: { ok: false, error: { code: 'settings_not_found' } },
    });
  });
});
