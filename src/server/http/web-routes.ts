/**
 * A web client from a folder, the package's own or that of `--web-dir`: its files as they are, and its `index.html` for
 * every other address that a browser opens, because such a client routes by itself (`/conversations/:id`, `/settings`).
 */
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpApp } from './http-app.ts';

/** Built clients put a hash of the content into the names of what lies here. */
const hashed = /\/assets\/[^/]+$/;
const YEAR_S = 31_536_000;

/**
 * What somebody else's page may do: its own scripts and styles, also those in the page, the editor that such a client
 * loads from its usual place, and this server.
 */
const strangersPolicy = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: https://cdn.jsdelivr.net",
  "style-src 'self' 'unsafe-inline' https://cdn.jsdelivr.net",
  "font-src 'self' data: https://cdn.jsdelivr.net",
  "img-src 'self' data: blob: https:",
  "worker-src 'self' blob:",
  "connect-src 'self' https://cdn.jsdelivr.net",
  "base-uri 'self'",
  "frame-ancestors 'none'",
].join('; ');

export interface WebClient {
  readonly folder: string;
  /** Whether it is the package's own, which keeps to the policy of all answers. */
  readonly isOwn: boolean;
}

export async function webRoutes(app: HttpApp, { folder, isOwn }: WebClient): Promise<void> {
  await app.register(fastifyStatic, {
    root: folder,
    serve: false,
    cacheControl: false,
    dotfiles: 'ignore',
    preCompressed: true,
    setHeaders(reply, path) {
      const lasting = hashed.test(path.replaceAll('\\', '/'));
      reply.header('cache-control', lasting ? `public, max-age=${YEAR_S}, immutable` : 'no-cache');
      if (!isOwn) reply.header('content-security-policy', strangersPolicy);
    },
  });
  app.get('/', async (_request, reply) => reply.sendFile('index.html'));
  app.get<{ Params: { '*': string } }>('/*', async (request, reply) => {
    const name = request.params['*'];
    return isOurs(request.url) ? reply.callNotFound() : reply.sendFile(name);
  });
}

/** Answers a browser that opens an address of the client's own; false where this is something else. */
export function sendPage(request: FastifyRequest, reply: FastifyReply): boolean {
  const { headers, method, url } = request;
  const opensPage = method === 'GET' && (headers.accept ?? '').includes('text/html');
  if (!opensPage || isOurs(url) || /\.\w+$/.test(url.split('?', 1)[0] ?? '')) return false;
  reply.code(200).sendFile('index.html');
  return true;
}

function isOurs(url: string): boolean {
  return /^\/(api|socket\.io)(\/|\?|$)/.test(url);
}
