import { describe, expect, it } from 'vitest';
import { ConversationFiles } from './files.ts';
import { errorOf, Http } from './http.ts';

interface Call {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}

/** An `Http` whose requests are answered by these, one after the other. */
function answering(...answers: readonly (Response | Error)[]): {
  readonly http: Http;
  readonly calls: Call[];
} {
  const calls: Call[] = [];
  const waiting = [...answers];
  const http = new Http({
    url: 'http://server/base',
    timeoutMs: 5_000,
    headers: {},
    fetch: async (input, init) => {
      calls.push({ method: init?.method ?? '', url: String(input), body: init?.body });
      const answer = waiting.shift() ?? new Error('nobody there');
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return { http, calls };
}

const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });

describe('a request', () => {
  it('is repeated while what fails may pass', async () => {
    const { http, calls } = answering(
      new TypeError('fetch failed'),
      json({ error: { code: 'draining', message: 'Try again.' } }, 503),
      new Response('<html>', { status: 502 }),
      json({ fine: true }),
    );
    expect(await http.json('/x', { query: { a: 1, b: undefined } })).toEqual({ fine: true });
    expect(new Set(calls.map(({ url }) => url))).toEqual(new Set(['http://server/base/x?a=1']));
    expect(calls).toHaveLength(4);
  });

  it('ends at its deadline, and says why it did', async () => {
    const unreachable = answering().http.json('/x', { timeoutMs: 50 });
    await expect(unreachable).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/^GET \/x: .*nobody there/),
    });
    const busy = answering(json({ error: { code: 'draining', message: 'Later.' } }, 503));
    await expect(busy.http.json('/x', { timeoutMs: 40 })).rejects.toMatchObject({ code: 'timed_out' });
  });

  it('ends when it is told to, with the reason it is given', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(answering().http.json('/x', { signal })).rejects.toThrow('enough');
  });

  it('is not repeated where it was refused', async () => {
    const { http, calls } = answering(json({ error: { code: 'invalid_request', message: 'No.' } }, 400));
    await expect(http.json('/x')).rejects.toMatchObject({ code: 'invalid_request' });
    expect(calls).toHaveLength(1);
  });

  it.each([
    ['workspace_elsewhere', 503],
    ['runtime_unavailable', 503],
    ['llm_failed', 502],
  ])('is not repeated where the server says that it is refused for longer: %s', async (code, status) => {
    const { http, calls } = answering(json({ error: { code, message: 'Away.' } }, status));
    await expect(http.json('/x')).rejects.toMatchObject({ code, status });
    expect(calls).toHaveLength(1);
  });

  it('has no use for an answer that is no JSON', async () => {
    await expect(answering(new Response('hello')).http.json('/x')).rejects.toMatchObject({
      code: 'bad_answer',
    });
  });
});

it.each([
  [
    400,
    { error: { code: 'invalid_request', message: 'title: no', field: 'title' } },
    'invalid_request',
    'title: no',
  ],
  [404, { error: 'Conversation not found.' }, 'conversation_not_found', 'Conversation not found.'],
  [404, { error: 'Settings not found' }, 'settings_not_found', 'Settings not found'],
  [
    400,
    { status: 'error', message: 'Settings not found', msg_id: 'CONFIGURATION$SETTINGS_NOT_FOUND' },
    'settings_not_found',
    'Settings not found',
  ],
  [418, { error: { code: 'of_a_later_release', message: 'Tea.' } }, 'of_a_later_release', 'Tea.'],
  [500, undefined, 'internal', 'The server answered with the status 500.'],
])('a refusal with %i and %j is %s', (status, body, code, message) => {
  expect(errorOf(status, body)).toMatchObject({ name: 'ClientError', code, message, status });
});

describe('files', () => {
  it('are listed, read, saved and downloaded by the routes of the protocol', async () => {
    const { http, calls } = answering(
      json(['src/', 'a b.txt']),
      json({ code: 'text' }),
      json({ message: 'saved' }),
    );
    const files = new ConversationFiles(http, '/api/conversations/c');
    expect(await files.list('src')).toEqual(['src/', 'a b.txt']);
    expect(await files.read('a b.txt')).toBe('text');
    await files.save('a.txt', 'new');
    const base = 'http://server/base/api/conversations/c';
    expect(calls).toEqual([
      { method: 'GET', url: `${base}/list-files?path=src`, body: undefined },
      { method: 'GET', url: `${base}/select-file?file=a+b.txt`, body: undefined },
      { method: 'POST', url: `${base}/save-file`, body: '{"filePath":"a.txt","content":"new"}' },
    ]);
    expect(files.zipUrl).toBe(`${base}/zip-directory`);
    expect(files.rawUrl('a b.png')).toBe(`${base}/raw-file?file=a+b.png`);
    expect(files.uploadUrl).toBe(`${base}/upload-files`);
  });

  it('are uploaded as a form, by their names', async () => {
    const report = {
      message: '',
      uploaded_files: ['a.txt'],
      skipped_files: [{ name: 'b', reason: 'too large' }],
    };
    const { http, calls } = answering(json(report));
    const files = new ConversationFiles(http, '/c');
    expect(await files.upload([{ name: 'a.txt', content: 'text' }])).toEqual({
      uploaded: ['a.txt'],
      skipped: [{ name: 'b', reason: 'too large' }],
    });
    const form = calls[0]?.body;
    if (!(form instanceof FormData)) throw new Error('no form');
    const file = form.get('files');
    if (!(file instanceof File)) throw new Error('no file');
    expect([file.name, await file.text()]).toEqual(['a.txt', 'text']);
  });
});
