/** `/api/conversations` and a conversation's own life over HTTP. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryEventCore } from '../../src/store/memory-event-core.ts';
import { MemoryEventStore } from '../../src/store/memory-event-store.ts';
import { message, startServer, type TestServer } from './harness.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server[Symbol.asyncDispose]());

const C = '/api/conversations';

async function create(
  body: unknown = {},
  headers: Record<string, string> = {},
  on = server,
): Promise<string> {
  const answer = await on.post(C, body, headers);
  expect(answer).toMatchObject({ status: 200, body: { status: 'ok' } });
  return (answer.body as { conversation_id: string }).conversation_id;
}

async function messages(sid: string, on = server): Promise<unknown[]> {
  const { events } = await on.store.events({ sid, limit: 100 });
  return events.flatMap((event) => ('action' in event && event.source === 'user' ? [event.args] : []));
}

describe('POST /api/conversations', () => {
  it('makes a conversation that runs, with its first message', async () => {
    const sid = await create({
      initial_user_msg: 'hello',
      image_urls: ['data:,x'],
      selected_repository: 'a/b',
    });
    expect(sid).toMatch(/^[0-9a-f]{32}$/);
    expect(await messages(sid)).toEqual([
      { content: 'hello', image_urls: ['data:,x'], wait_for_response: false },
    ]);
    expect((await server.get(`${C}/${sid}`)).body).toMatchObject({
      conversation_id: sid,
      title: 'hello',
      selected_repository: 'a/b',
      status: 'RUNNING',
    });
  });

  it.each([
    [{}],
    [{ initial_user_msg: '', image_urls: [] }],
    [
      {
        initial_user_msg: null,
        image_urls: null,
        selected_repository: null,
        replay_json: null,
        git_provider: 'x',
      },
    ],
  ])('needs no message: %j', async (body) => {
    expect(await messages(await create(body))).toEqual([]);
  });

  it('needs no body', async () => {
    expect(await server.get(C, { method: 'POST' })).toMatchObject({ status: 200, body: { status: 'ok' } });
    const empty = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '' };
    expect(await server.get(C, empty)).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it('makes one conversation for one Idempotency-Key, however often and how many at once', async () => {
    const headers = { 'idempotency-key': 'k1' };
    const body = { initial_user_msg: 'once' };
    const sids = await Promise.all(Array.from({ length: 10 }, () => create(body, headers)));
    expect(new Set(sids).size).toBe(1);
    expect(sids[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(await messages(sids[0] ?? '')).toHaveLength(1);
    expect(await create(body, { 'idempotency-key': 'k2' })).not.toBe(sids[0]);
  });

  it('finds the same conversation after a restart, and does not wake it', async () => {
    const core = new MemoryEventCore();
    const headers = { 'idempotency-key': 'k1' };
    const body = { initial_user_msg: 'once' };
    let first = '';
    {
      await using before = await startServer({ store: new MemoryEventStore(core) });
      first = await create(body, headers, before);
      await before.manager.closeSession(first);
    }
    await using after = await startServer({ store: new MemoryEventStore(core) });
    expect(await create(body, headers, after)).toBe(first);
    expect(await messages(first, after)).toHaveLength(1);
    expect(await after.manager.isAgentLoopRunning(first)).toBe(false);
  });

  it('says what is missing where the agent needs an LLM', async () => {
    await using strict = await startServer({ lacksLlm: (settings) => settings === null });
    expect(await strict.post(C, {})).toMatchObject({
      status: 400,
      body: { status: 'error', message: 'Settings not found', msg_id: 'CONFIGURATION$SETTINGS_NOT_FOUND' },
    });
    await strict.post('/api/settings', { llm_model: 'm', llm_api_key: 'k' });
    expect(await strict.post(C, {})).toMatchObject({ status: 200 });
  });

  it.each([
    [{ initial_user_msg: 5 }, 'initial_user_msg'],
    [{ image_urls: 'x' }, 'image_urls'],
    [{ image_urls: ['x', 7] }, 'image_urls.1'],
    [[], 'body'],
    ['text', 'body'],
    [7, 'body'],
    [{ replay_json: '[]' }, 'replay_json'],
  ])('refuses %j and names the field', async (body, field) => {
    expect(await server.post(C, body)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request', field, message: expect.stringContaining(`${field}:`) } },
    });
  });
});

describe('GET /api/conversations', () => {
  it('lists newest first, in pages, each conversation once', async () => {
    const made: string[] = [];
    for (let index = 0; index < 7; index += 1) made.push(await create());
    const listed: string[] = [];
    let page = '';
    do {
      const { body } = await server.get(`${C}?limit=3${page === '' ? '' : `&page_id=${page}`}`);
      const { results, next_page_id } = body as {
        results: { conversation_id: string }[];
        next_page_id: string | null;
      };
      listed.push(...results.map((one) => one.conversation_id));
      page = next_page_id ?? '';
    } while (page !== '');
    expect([...listed].sort()).toEqual([...made].sort());
  });

  it('has every field of every conversation, and tells which run', async () => {
    const running = await create();
    await server.conversation('still');
    const { body } = await server.get(C);
    const { results } = body as { results: Record<string, unknown>[] };
    const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const shape = { last_updated_at: iso, created_at: iso, selected_repository: null };
    expect(results).toHaveLength(2);
    expect(results).toContainEqual({
      ...shape,
      conversation_id: running,
      title: `Conversation ${running.slice(0, 5)}`,
      status: 'RUNNING',
      agent_state: expect.any(String),
    });
    expect(results).toContainEqual({
      ...shape,
      conversation_id: 'still',
      title: 'Conversation still',
      status: 'STOPPED',
      agent_state: 'loading',
    });
    expect(body).toMatchObject({ next_page_id: null });
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1.5',
    'limit=x',
    'limit=',
    'limit=1&limit=2',
    'page_id=nonsense',
  ])('refuses ?%s', async (query) => {
    const { status, body } = await server.get(`${C}?${query}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { code: 'invalid_request', message: expect.any(String) } });
    if (query.startsWith('limit')) expect(body).toMatchObject({ error: { field: 'limit' } });
  });
});

describe('one conversation', () => {
  const unknown = ['nowhere', 'a'.repeat(65), 'a'.repeat(3_000), '..%2Fa', '%00', '%F0%9F%98%80'];

  it('is null where there is none', async () => {
    for (const id of unknown) {
      const answer = await server.get(`${C}/${id}`);
      expect(answer).toMatchObject({ status: 200, body: null });
      expect(answer.headers.get('content-type')).toMatch('application/json');
    }
  });

  it('is 404 under its other routes where there is none', async () => {
    const requests: [string, string, unknown][] = [
      ['PATCH', '', { title: 'x' }],
      ['POST', '/start', {}],
      ['POST', '/stop', {}],
      ['POST', '/message', { message: 'x' }],
    ];
    for (const id of unknown) {
      for (const [method, path, body] of requests) {
        expect(
          await server.post(`${C}/${id}${path}`, body, {}, method),
          `${method} ${id}${path}`,
        ).toMatchObject({
          status: 404,
          body: { error: expect.any(String) },
        });
      }
      expect(await server.get(`${C}/${id}/events`)).toMatchObject({
        status: 404,
        body: { error: expect.any(String) },
      });
      expect(await server.get(`${C}/${id}`, { method: 'DELETE' })).toMatchObject({
        status: 200,
        body: false,
      });
    }
    expect((await server.get(C)).body).toMatchObject({ results: [] });
  });

  it('is renamed', async () => {
    const sid = await create();
    expect(await server.post(`${C}/${sid}`, { title: '  New name ' }, {}, 'PATCH')).toMatchObject({
      status: 200,
      body: true,
    });
    expect((await server.get(`${C}/${sid}`)).body).toMatchObject({ title: 'New name' });
    for (const title of ['', '   ', 5, null, 'x'.repeat(501)]) {
      expect(await server.post(`${C}/${sid}`, { title }, {}, 'PATCH')).toMatchObject({
        status: 400,
        body: { error: { code: 'invalid_request', field: 'title' } },
      });
    }
  });

  it('is deleted once', async () => {
    const sid = await create();
    expect(await server.get(`${C}/${sid}`, { method: 'DELETE' })).toMatchObject({ status: 200, body: true });
    expect(await server.get(`${C}/${sid}`, { method: 'DELETE' })).toMatchObject({ status: 200, body: false });
    expect((await server.get(`${C}/${sid}`)).body).toBe(null);
  });

  it('is stopped, stays stopped while it is read, and starts again', async () => {
    const sid = await create();
    expect(await server.post(`${C}/${sid}/stop`, {})).toMatchObject({
      status: 200,
      body: { status: 'ok', conversation_id: sid, conversation_status: 'STOPPED' },
    });
    await server.get(`${C}/${sid}/events`);
    expect((await server.get(`${C}/${sid}`)).body).toMatchObject({ status: 'STOPPED' });
    expect(await server.get(`${C}/${sid}/start`, { method: 'POST' })).toMatchObject({
      status: 200,
      body: { status: 'ok', conversation_id: sid, conversation_status: 'RUNNING' },
    });
    expect((await server.get(`${C}/${sid}`)).body).toMatchObject({ status: 'RUNNING' });
  });

  it('takes a message, once for each action_id', async () => {
    const sid = await server.conversation('a1');
    const body = { message: 'hello', action_id: 'k' };
    expect(await server.post(`${C}/${sid}/message`, body)).toMatchObject({
      status: 200,
      body: { success: true, id: 0 },
    });
    expect(await server.post(`${C}/${sid}/message`, body)).toMatchObject({
      status: 200,
      body: { success: true, id: 0 },
    });
    expect(await server.post(`${C}/${sid}/message`, { ...body, message: 'other' })).toMatchObject({
      status: 409,
      body: { error: { code: 'action_id_conflict' } },
    });
    expect(await server.post(`${C}/${sid}/message`, {})).toMatchObject({
      status: 400,
      body: { error: { field: 'message' } },
    });
    expect(await messages(sid)).toHaveLength(1);
  });
});

describe('GET C/events', () => {
  const ids = async (sid: string, query: string): Promise<[unknown[], unknown]> => {
    const { status, body } = await server.get(`${C}/${sid}/events${query}`);
    expect(status, JSON.stringify(body)).toBe(200);
    const { events, has_more } = body as { events: { id: number }[]; has_more: boolean };
    return [events.map(({ id }) => id), has_more];
  };

  beforeEach(async () => {
    await server.conversation('a1', [
      message('apple tart', 'user'),
      message('banana'),
      { action: 'null', args: {}, source: 'agent' },
      message('Apple pie'),
      { action: 'think', args: { thought: 'cherry' }, source: 'agent' },
    ]);
  });

  it.each<[string, unknown[], boolean]>([
    ['', [0, 1, 2, 3, 4], false],
    ['?limit=2', [0, 1], true],
    ['?start_id=1&limit=2', [1, 2], true],
    ['?start_id=1&end_id=3', [1, 2, 3], false],
    ['?end_id=0', [0], false],
    ['?start_id=9', [], false],
    ['?reverse=true&limit=2', [4, 3], true],
    ['?reverse=1&end_id=2', [2, 1, 0], false],
    ['?reverse=false', [0, 1, 2, 3, 4], false],
    ['?filter=message', [0, 1, 3], false],
    ['?filter=think,null', [2, 4], false],
    [`?filter=${encodeURIComponent('{"kinds":["message"],"source":"agent"}')}`, [1, 3], false],
    [`?filter=${encodeURIComponent('{"query":"apple"}')}&reverse=true`, [3, 0], false],
    ['/search?query=app', [0, 3], false],
    ['/search?query=app&limit=1', [0], true],
    ['/search?query=app&start_id=1', [3], false],
    ['/search?query=app&reverse=true', [3, 0], false],
    ['/search?query=app&reverse=true&start_id=2', [0], false],
    ['/search?query=apple%20pie', [3], false],
    ['/search?event_type=think', [4], false],
    ['/search?source=user', [0], false],
    ['/search?query=', [0, 1, 2, 3, 4], false],
    ['/search?start_date=2020-01-01&end_date=2999-12-31', [0, 1, 2, 3, 4], false],
    ['/search?start_date=2999-01-01', [], false],
    ['/search?end_date=2020-01-01T00:00:00Z', [], false],
  ])('answers %s', async (query, expected, more) => {
    expect(await ids('a1', query)).toEqual([expected, more]);
  });

  it('gives events as stored', async () => {
    const { body } = await server.get(`${C}/a1/events?limit=1`);
    expect((body as { events: unknown[] }).events[0]).toEqual({
      id: 0,
      timestamp: expect.any(String),
      source: 'user',
      message: expect.any(String),
      action: 'message',
      args: { content: 'apple tart', image_urls: [], wait_for_response: false },
    });
  });

  it.each([
    ['?limit=0', 'limit'],
    ['?limit=101', 'limit'],
    ['?start_id=-1', 'start_id'],
    ['?start_id=x', 'start_id'],
    ['?end_id=1e3', 'end_id'],
    ['?reverse=maybe', 'reverse'],
    ['?filter={', 'filter'],
    ['?filter={"nonsense":1}', 'filter'],
    ['?filter={"source":"nobody"}', 'filter'],
    ['/search?limit=500', 'limit'],
    ['/search?source=nobody', 'source'],
    ['/search?start_date=yesterday', 'start_date'],
    ['/search?end_date=2020-13-01', 'end_date'],
  ])('refuses %s and names %s', async (query, field) => {
    expect(await server.get(`${C}/a1/events${query}`)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request', field } },
    });
  });

  it('keeps every text as it was', async () => {
    const text = 'NUL \u0000, lone \ud800, emoji 😀, "quotes"';
    await server.post(`${C}/a1/message`, { message: text });
    const { body } = await server.get(`${C}/a1/events?start_id=5&limit=1`);
    expect(body).toMatchObject({ events: [{ args: { content: text } }] });
  });
});
