/**
 * A request is passed on to the node that can answer it, and its answer to the client: bodies as they come, both ways.
 * What a browser says of where the request comes from was looked at here, and goes no further.
 */
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as overHttp,
  type RequestOptions,
} from 'node:http';
import { request as overHttps } from 'node:https';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ConveneError } from '../../errors.ts';

/** Marks what was passed on: nobody passes it on again. */
const MARK = 'x-convene-forwarded';
/** Nothing has moved for so long, in ms: then it is given up. */
const SILENCE_MS = 30_000;
/** A node says within this time whether it is the right one, in ms. */
const ASK_MS = 2_000;

/** Of one connection, or looked at here. */
const ownHeaders = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'origin',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export function wasForwarded({ headers }: FastifyRequest): boolean {
  return headers[MARK] !== undefined;
}

/**
 * Of nothing of whose body was read yet. Throws `workspace_elsewhere` where that node does not answer. Resolves with the
 * reply, whose body may still be on its way.
 */
export async function forward(
  { headers, raw }: FastifyRequest,
  reply: FastifyReply,
  node: string,
  silenceMs = SILENCE_MS,
): Promise<FastifyReply> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const upstream = requestTo(node, raw.url ?? '/', {
      method: raw.method ?? 'GET',
      headers: { ...passedOn(headers), [MARK]: '1' },
      timeout: silenceMs,
    });
    upstream.on('timeout', () => upstream.destroy(new Error(`Nothing has come for ${silenceMs} ms.`)));
    upstream.on('response', resolve);
    upstream.on('error', reject);
    reply.raw.on('close', () => upstream.destroy());
    // No `pipeline`: it would end the client's connection with the node's, and nobody would be told why.
    raw.pipe(upstream);
  }).catch((cause: unknown) => {
    throw new ConveneError('workspace_elsewhere', undefined, { cause });
  });
  return reply
    .code(answer.statusCode ?? 502)
    .headers(passedOn(answer.headers))
    .send(answer);
}

/** The first of these nodes that answers `path` with success; null where none does. */
export async function whoAnswers(
  { headers }: Pick<FastifyRequest, 'headers'>,
  nodes: readonly string[],
  path: string,
  askMs = ASK_MS,
): Promise<string | null> {
  const asked = nodes.map(async (node) => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const question = requestTo(node, path, {
        method: 'HEAD',
        headers: { ...withoutBody(passedOn(headers)), [MARK]: '1' },
        signal: AbortSignal.timeout(askMs),
      });
      question.on('response', (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      question.on('error', reject);
      question.end();
    });
    if (status !== 200) throw new Error(`It answered with ${status}.`);
    return node;
  });
  return Promise.any(asked).catch(() => null);
}

function requestTo(node: string, path: string, options: RequestOptions) {
  const url = new URL(node);
  const whole = { ...options, path: url.pathname.replace(/\/$/, '') + path };
  return url.protocol === 'https:' ? overHttps(url, whole) : overHttp(url, whole);
}

function passedOn(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !ownHeaders.has(name) && !name.startsWith('sec-')) kept[name] = value;
  }
  return kept;
}

function withoutBody({
  'content-length': _,
  'content-type': __,
  ...rest
}: Record<string, string | string[]>) {
  return rest;
}
