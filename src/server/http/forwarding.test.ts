import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { isError } from '../../errors.ts';
import { forward, wasForwarded, whoAnswers } from './forwarding.ts';

const opened: (Server | FastifyInstance)[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) {
    if ('closeAllConnections' in one) one.closeAllConnections();
    await new Promise<void>((resolve) => void one.close(() => resolve()));
  }
});

/** A node that answers so; answers with its URL. */
async function node(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

/** A server that passes everything on to `target`; answers with its URL. */
async function passing(target: string, silenceMs?: number): Promise<string> {
  const app = fastify({ forceCloseConnections: true });
  opened.push(app);
  app.setErrorHandler((error, _, reply) =>
    reply.code(503).send(isError(error, 'workspace_elsewhere') ? error.code : String(error)),
  );
  app.all('/*', {
    onRequest: async (request, reply) => forward(request, reply, target, silenceMs),
    handler: async () => 'not passed on',
  });
  return listening(app);
}

function listening(app: FastifyInstance): Promise<string> {
  return app.listen({ port: 0, host: '127.0.0.1' });
}

describe('a request that is passed on', () => {
  it('arrives as it was sent, marked, without what was for this server', async () => {
    const got = Promise.withResolvers<{ request: IncomingMessage; body: string }>();
    const target = await node((request, response) => {
      void text(request).then((body) => {
        got.resolve({ request, body });
        response.writeHead(201, { 'x-more': 'kept', 'content-type': 'text/plain' }).end('answer');
      });
    });
    const answer = await fetch(`${await passing(`${target}/base/`)}/a/b?c=%20d`, {
      method: 'POST',
      headers: { cookie: 'session=1', authorization: 'Bearer x', origin: 'http://elsewhere' },
      body: 'the body',
    });
    expect([answer.status, answer.headers.get('x-more'), await answer.text()]).toEqual([
      201,
      'kept',
      'answer',
    ]);
    const { body, request } = await got.promise;
    expect([request.method, request.url, body]).toEqual(['POST', '/base/a/b?c=%20d', 'the body']);
    const { authorization, cookie, host, origin } = request.headers;
    expect({ authorization, cookie, host, origin }).toEqual({
      authorization: 'Bearer x',
      cookie: 'session=1',
      host: new URL(target).host,
      origin: undefined,
    });
    expect(request.headers).toMatchObject({ 'x-convene-forwarded': '1' });
  });

  it('is recognised by who gets it', async () => {
    const app = fastify({ forceCloseConnections: true });
    opened.push(app);
    app.get('/', (request, reply) => reply.send(wasForwarded(request)));
    const target = await listening(app);
    expect(await (await fetch(target)).json()).toBe(false);
    expect(await (await fetch(await passing(target))).json()).toBe(true);
  });

  it('streams both ways: the first of the answer comes before the last of the body', async () => {
    const target = await node((request, response) => {
      request.once('data', () => response.write('begun'));
      request.on('end', () => response.end(', ended'));
      request.resume();
    });
    const sending = Promise.withResolvers<void>();
    async function* body() {
      yield Buffer.from('first');
      await sending.promise;
      yield Buffer.from('last');
    }
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body: body(), duplex: 'half' };
    const { body: answer } = await fetch(await passing(target), init);
    const reader = answer?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe('begun');
    sending.resolve();
    expect((await reader?.read())?.value).toBe(', ended');
  });

  it('counts the answer that comes before the body has gone', async () => {
    const target = await node((request, response) => {
      response.writeHead(413).end('too large');
      request.resume();
    });
    const answer = await fetch(await passing(target), { method: 'POST', body: 'x'.repeat(5_000_000) });
    expect([answer.status, await answer.text()]).toEqual([413, 'too large']);
  });

  it('is answered with workspace_elsewhere where the node is away, or silent', async () => {
    const silent = await node(() => {});
    for (const target of ['http://127.0.0.1:1', silent]) {
      const url = await passing(target, 50);
      for (const init of [{}, { method: 'POST', body: 'x'.repeat(5_000_000) }]) {
        const answer = await fetch(url, init);
        expect([answer.status, await answer.text()]).toEqual([503, 'workspace_elsewhere']);
      }
    }
  });

  it('is ended with its client', async () => {
    const arrived = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const target = await node((_, response) => {
      arrived.resolve();
      response.on('close', () => ended.resolve());
    });
    const client = new AbortController();
    const asking = fetch(await passing(target), { signal: client.signal });
    await arrived.promise;
    client.abort();
    await expect(asking).rejects.toThrow();
    await ended.promise;
  });
});

describe('who has something', () => {
  const request = { headers: { cookie: 'session=1', 'content-length': '9' } };

  it('is the node that answers with success', async () => {
    const has = await node(({ headers, method, url }, response) => {
      const asked = method === 'HEAD' && url === '/files' && headers.cookie === 'session=1';
      response.writeHead(asked && headers['content-length'] === undefined ? 200 : 400).end();
    });
    const hasNot = await node((_, response) => response.writeHead(503).end());
    const silent = await node(() => {});
    const nodes = ['http://127.0.0.1:1', silent, hasNot, has];
    expect(await whoAnswers(request, nodes, '/files')).toBe(has);
    expect(await whoAnswers(request, nodes.slice(0, 3), '/files', 50)).toBeNull();
    expect(await whoAnswers(request, [], '/files')).toBeNull();
  });
});
