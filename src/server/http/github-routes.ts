/**
 * `/api/github/…`: what a client asks of GitHub with its user's stored token, which it never sees. The answers are
 * GitHub's own, and so is the header of pages.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ConveneError } from '../../errors.ts';
import { userOf } from '../user.ts';
import type { HttpApp, HttpParts } from './http-app.ts';

const ANSWER_MS = 15_000;
const MAX_ANSWER_BYTES = 5 * 1024 * 1024;

const count = z.string().regex(/^\d{1,9}$/, 'expected a whole number');
const word = z.string().regex(/^\w+$/, 'expected a word');

const repositoriesQuery = z.object({
  page: count.default('1'),
  per_page: count.default('10'),
  sort: word.default('pushed'),
  installation_id: count.optional(),
});
const searchQuery = z.object({
  query: z.string().max(1_000),
  per_page: count.default('5'),
  sort: word.default('stars'),
  order: word.default('desc'),
});
const installationsSchema = z.object({ installations: z.array(z.object({ id: z.int() })) });

export function githubRoutes(app: HttpApp, parts: HttpParts): void {
  app.get('/api/github/user', async (request, reply) => passOn(parts, request, reply, 'user', {}));

  app.get(
    '/api/github/repositories',
    { schema: { querystring: repositoriesQuery } },
    async (request, reply) => {
      const { installation_id, page, per_page, sort } = request.query;
      return installation_id === undefined
        ? passOn(parts, request, reply, 'user/repos', { page, per_page, sort })
        : passOn(parts, request, reply, `user/installations/${installation_id}/repositories`, {
            page,
            per_page,
          });
    },
  );

  app.get('/api/github/installations', async (request, reply) => {
    const answer = await passOn(parts, request, reply, 'user/installations', {});
    if (reply.statusCode >= 400) return answer;
    const parsed = installationsSchema.safeParse(answer);
    if (!parsed.success) throw new ConveneError('github_failed', 'GitHub gave an answer of another shape.');
    return parsed.data.installations.map(({ id }) => id);
  });

  app.get(
    '/api/github/search/repositories',
    { schema: { querystring: searchQuery } },
    async (request, reply) => {
      const { query, ...rest } = request.query;
      return passOn(parts, request, reply, 'search/repositories', { q: query, ...rest });
    },
  );
}

/** Throws `github_token_missing`, `github_failed`. A refusal of GitHub's goes out as it came, with its status. */
async function passOn(
  { config, settings }: HttpParts,
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<unknown> {
  const token = (await settings.load(userOf(request.raw)))?.github_token ?? '';
  if (token === '') throw new ConveneError('github_token_missing');
  const url = new URL(`${config.githubApiUrl.replace(/\/$/, '')}/${path}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const { body, link, status } = await ask(url, token);
  if (status >= 500) throw new ConveneError('github_failed', `GitHub answered with status ${status}.`);
  if (status >= 400) {
    const message = z.object({ message: z.string() }).safeParse(body);
    const said = message.success ? `: ${message.data.message}` : '';
    reply.code(status);
    return { error: { code: 'github_failed', message: `GitHub refused this (status ${status})${said}` } };
  }
  if (link !== null) reply.header('link', link);
  return body;
}

interface GithubAnswer {
  readonly status: number;
  readonly link: string | null;
  readonly body: unknown;
}

async function ask(url: URL, token: string): Promise<GithubAnswer> {
  const headers = {
    accept: 'application/vnd.github+json',
    authorization: `Bearer ${token}`,
    'user-agent': 'convene',
  };
  try {
    const response = await fetch(url, {
      headers,
      redirect: 'error', // the token goes nowhere else
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return {
      status: response.status,
      link: response.headers.get('link'),
      body: JSON.parse(await textOf(response)),
    };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.name : 'failed';
    throw new ConveneError('github_failed', `GitHub gave no answer that can be used (${reason}).`, { cause });
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new RangeError('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
