/** What holds for every request: who may ask, how much, and how errors look; and the server's own routes. */
import http from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from './harness.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server[Symbol.asyncDispose]());

/** `fetch` does not let `Host` and such be set. */
function request(
  options: { path?: string; method?: string; headers?: Record<string, string>; body?: Buffer | string } = {},
  on = server,
): Promise<{ status: number; body: unknown; headers: http.IncomingHttpHeaders }> {
  const { port } = new URL(on.url);
  return new Promise((resolve, reject) => {
    const sent = http.request(
      {
        host: '127.0.0.1',
        port,
        path: options.path ?? '/api/conversations',
        method: options.method ?? 'GET',
        headers: options.headers,
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          const json = /json/.test(response.headers['content-type'] ?? '');
          resolve({
            status: response.statusCode ?? 0,
            body: json ? JSON.parse(text) : text,
            headers: response.headers,
          });
        });
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(options.body);
  });
}

describe('who may ask', () => {
  const own = (): string => new URL(server.url).host;

  it.each<[string, Record<string, string>, number]>([
    ['the server by its address', {}, 200],
    ['localhost', { host: 'localhost:1' }, 200],
    ['another loopback address', { host: '[::1]:3000' }, 200],
    ['a name that was made to resolve here', { host: 'evil.example' }, 403],
    ['an address of elsewhere', { host: '10.0.0.1' }, 403],
    ['a host that is none', { host: 'localhost/evil' }, 403],
    ['a page of this server', { origin: 'http://OWN' }, 200],
    ['a page of another server of this machine', { origin: 'http://localhost:5173' }, 200],
    ['a page of elsewhere', { origin: 'https://evil.example' }, 403],
    ['a page whose name looks like ours', { origin: 'http://localhost.evil.example' }, 403],
    ['a page that hides where it is from', { origin: 'null' }, 403],
    ['a tag in a page of elsewhere', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    [
      'a link in a page of elsewhere',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      200,
    ],
    ['a page of ours', { 'sec-fetch-site': 'same-origin' }, 200],
  ])('%s: %j → %d', async (_who, headers, status) => {
    const given = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('OWN', own())]),
    );
    const answer = await request({ headers: given });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.body).toMatchObject({ error: { code: 'forbidden_host' } });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it.each(['HTTP/1.0\r\n', 'HTTP/1.0\r\nHost: evil.example\r\n', 'HTTP/1.1\r\nHost:\r\n'])(
    'refuses %j',
    async (rest) => {
      const { port } = new URL(server.url);
      const text = await new Promise<string>((resolve, reject) => {
        let received = '';
        const socket = connect(Number(port), '127.0.0.1', () => {
          socket.write(`GET /api/conversations ${rest}Connection: close\r\n\r\n`);
        });
        socket.setEncoding('utf8');
        socket.on('data', (chunk: string) => {
          received += chunk;
        });
        socket.on('end', () => resolve(received));
        socket.on('error', reject);
      });
      expect(text).toMatch(/^HTTP\/1\.1 403 /);
      expect(text).toContain('forbidden_host');
    },
  );

  it('trusts configured names, and every address where it listens for other machines', async () => {
    await using open = await startServer({
      config: { host: '0.0.0.0', insecure: true, allowedHosts: ['agents.example', 'proxy.example:8443'] },
    });
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await request({ headers }, open)).status;
    expect(await status({ host: '10.1.2.3:3000' })).toBe(200);
    expect(await status({ host: 'agents.example' })).toBe(200);
    expect(await status({ host: 'proxy.example' })).toBe(200);
    expect(await status({ host: 'other.example' })).toBe(403);
    expect(await status({ host: '10.1.2.3:3000', origin: 'http://10.1.2.3:3000' })).toBe(200);
    expect(await status({ host: '10.1.2.3:3000', origin: 'https://agents.example' })).toBe(200);
    expect(await status({ host: '10.1.2.3:3000', origin: 'http://10.9.9.9' })).toBe(403);
    expect(await status({ host: '10.1.2.3:3000', origin: 'http://localhost:3000' })).toBe(403);
  });

  it('trusts the name by which other nodes of a cluster ask it', async () => {
    await using node = await startServer({ config: { nodeUrl: 'http://node-1.internal:3000' } });
    const status = async (host: string): Promise<number> =>
      (await request({ headers: { host } }, node)).status;
    expect(await status('node-1.internal:3000')).toBe(200);
    expect(await status('node-2.internal:3000')).toBe(403);
  });

  it('keeps a form of another page from passing for JSON', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'nonsense',
    ]) {
      const answer = await request({
        method: 'POST',
        headers: { 'content-type': type },
        body: '{"initial_user_msg":"x"}',
      });
      expect(answer).toMatchObject({ status: 415, body: { error: { code: 'unsupported_media_type' } } });
    }
  });
});

describe('errors', () => {
  it.each([
    ['GET', '/nowhere', 404],
    ['GET', '/api/nowhere?x=1', 404],
    ['DELETE', '/api/settings', 405],
    ['PUT', '/api/conversations/a1', 405],
    ['OPTIONS', '/api/conversations', 405],
    ['GET', '/%zz', 400],
  ])('%s %s is %d with a code', async (method, path, status) => {
    const answer = await request({ method, path });
    expect(answer).toMatchObject({
      status,
      body: { error: { code: expect.any(String), message: expect.any(String) } },
    });
    if (status === 405) expect(answer.headers.allow).toMatch(/POST|PATCH/);
  });

  it.each(['{', '{"a":', 'nonsense', '{"__proto__":{"a":1}}', '\u0000'])(
    'malformed JSON is 400: %j',
    async (body) => {
      const headers = { 'content-type': 'application/json' };
      expect(await request({ method: 'POST', headers, body })).toMatchObject({
        status: 400,
        body: { error: { code: 'invalid_request', message: expect.any(String) } },
      });
    },
  );

  it('never show what the server did not expect', async () => {
    server.manager.listConversations = () => Promise.reject(new Error('secret-in-message'));
    const answer = await request();
    expect(answer).toMatchObject({ status: 500, body: { error: { code: 'internal' } } });
    expect(JSON.stringify(answer)).not.toContain('secret-in-message');
    expect(server.logs.join('')).toContain('secret-in-message');
  });

  it('have the status of their code', async () => {
    await server.store[Symbol.asyncDispose]();
    expect(await request()).toMatchObject({ status: 503, body: { error: { code: 'store_unavailable' } } });
    await server.store.open();
  });
});

describe('a body that is too large', () => {
  const size = 60 * 1024 * 1024;

  it('is 413, and the server is unharmed', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = Buffer.alloc(size, 0x20);
    for (let index = 0; index < 2; index += 1) {
      expect(await request({ method: 'POST', headers, body })).toMatchObject({
        status: 413,
        body: { error: { code: 'payload_too_large' } },
      });
    }
    expect(await server.post('/api/conversations', {})).toMatchObject({ status: 200 });
  });

  it('is 413 also where its length is not told before', async () => {
    const { port } = new URL(server.url);
    const answer = await new Promise<number>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
      const sent = http.request(
        { host: '127.0.0.1', port, path: '/api/conversations', method: 'POST', headers },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      sent.on('error', reject);
      const chunk = Buffer.alloc(1024 * 1024, 0x20);
      for (let index = 0; index < 60; index += 1) sent.write(chunk);
      sent.end();
    });
    expect(answer).toBe(413);
    expect(await server.post('/api/conversations', {})).toMatchObject({ status: 200 });
  });

  it('may have 20 MB', async () => {
    const body = { initial_user_msg: 'x'.repeat(19 * 1024 * 1024) };
    expect(await server.post('/api/conversations', body)).toMatchObject({ status: 200 });
  });
});

describe('what is not HTTP', () => {
  it('harms nobody', async () => {
    const { port } = new URL(server.url);
    for (const text of [
      '\r\n\r\n',
      'GET\r\n\r\n',
      '\u0016\u0003\u0001',
      'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
      'X'.repeat(100_000),
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.end(text));
        socket.resume();
        socket.on('error', () => {});
        socket.on('close', () => resolve());
      });
    }
    for (const path of [
      '/socket.io/?EIO=4&transport=polling',
      '/socket.io/?EIO=3&transport=websocket',
      '/socket.io/',
      '/socket.io/?transport=__proto__',
      '/socket.io/%',
    ]) {
      const { status } = await request({ path });
      expect(status).toBe(400);
    }
    expect((await request()).status).toBe(200);
  });
});

describe('settings', () => {
  it('are 404 until some are stored', async () => {
    expect(await server.get('/api/settings')).toMatchObject({
      status: 404,
      body: { error: 'Settings not found' },
    });
  });

  it('come back without their secrets, which a post without them keeps', async () => {
    const stored = {
      llm_model: 'm',
      llm_api_key: 'sk-secret',
      github_token: 'gh-secret',
      user_consents_to_analytics: true,
    };
    expect(await server.post('/api/settings', stored)).toMatchObject({
      status: 200,
      body: { message: expect.any(String) },
    });
    await server.post('/api/settings', { llm_model: 'n', llm_api_key: null });
    const { body } = await server.get('/api/settings');
    expect(body).toMatchObject({
      llm_model: 'n',
      llm_api_key: '**********',
      github_token_is_set: true,
      user_consents_to_analytics: true,
    });
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(body).not.toHaveProperty('github_token');
  });

  it('that are not valid are refused by name', async () => {
    expect(await server.post('/api/settings', { max_iterations: 'many' })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request', field: 'max_iterations' } },
    });
  });
});

describe('the server’s own routes', () => {
  it('offer options', async () => {
    const { body: models } = await server.get('/api/options/models');
    expect((models as string[]).length).toBeGreaterThan(0);
    expect((await server.get('/api/options/agents')).body).toEqual(['ShellAgent']);
    expect((await server.get('/api/options/security-analyzers')).body).toEqual([]);
    expect((await server.get('/api/options/config')).body).toEqual({
      APP_MODE: 'oss',
      GITHUB_CLIENT_ID: '',
      POSTHOG_CLIENT_KEY: '',
    });
  });

  it('tell how the server is', async () => {
    expect(await server.get('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await server.get('/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
    expect((await request({ path: '/readyz', headers: { host: '10.0.0.7:3000' } })).status).toBe(200);
    await server.store[Symbol.asyncDispose]();
    expect(await server.get('/healthz')).toMatchObject({ status: 200 });
    expect(await server.get('/readyz')).toMatchObject({
      status: 503,
      body: { error: { code: expect.any(String) } },
    });
    await server.store.open();
  });

  it('tell of the cluster, in the names of the wire', async () => {
    const sid = ((await server.post('/api/conversations', {})).body as { conversation_id: string })
      .conversation_id;
    const { body } = await server.get(`/api/cluster?sid=${sid}`);
    expect(body).toEqual({
      nodes: [
        {
          id: expect.any(String),
          url: null,
          live: true,
          draining: false,
          started_at: expect.any(String),
          load: 1,
          running: [sid],
        },
      ],
      takeovers: [],
    });
  });

  it('show a page that runs no script and lets nobody frame it', async () => {
    const { status, body, headers } = await request({ path: '/' });
    expect(status).toBe(200);
    expect(headers['content-type']).toMatch('text/html');
    expect(body).toContain('Convene runs here');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['strict-transport-security']).toBeUndefined();
  });
});
