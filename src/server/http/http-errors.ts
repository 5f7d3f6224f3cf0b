/**
 * Every error of the HTTP side is answered here: `{error: {code, message, …}}` with the status that the table of
 * errors gives, `{error: message}` for an unknown conversation under its own routes.
 */
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ConveneError, type ErrorCode, errorTable, isError } from '../../errors.ts';
import { isUnexpected, wireError } from '../wire-error.ts';
import type { HttpApp } from './http-app.ts';

const conversationPath = /^\/api\/conversations\/[^/?]/;

/** `sendPage`: answers for what is no route but may be a page; false where it is none. */
export function installErrorHandlers(
  app: HttpApp,
  sendPage: (request: FastifyRequest, reply: FastifyReply) => boolean,
): void {
  const methods = new MethodsByPath();
  app.addHook('onRoute', ({ url, method }) => methods.add(url, [method].flat()));
  app.setErrorHandler((error: FastifyError | ConveneError, request, reply) =>
    answer(known(error), request, reply),
  );
  app.setNotFoundHandler((request, reply) => {
    // Not the reply: Fastify would wait for it by listeners of its own, again and again.
    if (sendPage(request, reply)) return undefined;
    const allowed = methods.of(request.url);
    if (allowed.length === 0) return answer(new ConveneError('not_found'), request, reply);
    const message = `This route knows ${allowed.join(', ')}, not ${request.method}.`;
    reply.header('allow', allowed.join(', '));
    return answer(new ConveneError('method_not_allowed', message), request, reply);
  });
}

/** For URLs that never reach a route. */
export function answerBadUrl(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  answer(known(error), request, reply);
}

const noHttpStatus: ReadonlyMap<unknown, string> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
]);

/** For what is not HTTP at all. */
export function answerNoHttp(error: Error & { readonly code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const body = JSON.stringify({ error: wireError(new ConveneError('invalid_request')) });
  const status = noHttpStatus.get(error.code) ?? '400 Bad Request';
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function answer(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { method, url } = request;
  if (isUnexpected(error)) request.log.error({ err: error, method, url }, 'request failed');
  // What was not read of the body is read and dropped, so that the client gets to the answer.
  reply.removeHeader('connection');
  if (isError(error, 'conversation_not_found') && conversationPath.test(url)) {
    return reply.code(404).send({ error: error.message });
  }
  const body = wireError(error);
  const status = error instanceof FrameworkError ? error.httpStatus : errorTable[body.code].status;
  // Who creates a conversation is shown `message`, as clients of OpenHands do.
  const shown = isCreation(request) ? { status: 'error', message: body.message, msg_id: '' } : {};
  return reply.code(status).send({ ...shown, error: body });
}

function isCreation({ method, url }: FastifyRequest): boolean {
  return method === 'POST' && url.split('?', 1)[0] === '/api/conversations';
}

/** A refusal of Fastify's own, whose status says more than our code. */
class FrameworkError extends ConveneError {
  readonly httpStatus: number;

  constructor(code: ErrorCode, httpStatus: number, message: string, details: Record<string, unknown> = {}) {
    super(code, message, { details });
    this.httpStatus = httpStatus;
  }
}

/** Fastify's own errors in our terms; all others as they are. */
function known(error: FastifyError | ConveneError): unknown {
  if (error instanceof ConveneError) return error;
  const issue = error.validation?.[0];
  if (issue !== undefined) {
    const field =
      issue.instancePath.split('/').filter(Boolean).join('.') || (error.validationContext ?? 'body');
    return new ConveneError('invalid_request', `${field}: ${issue.message ?? 'not valid'}`, {
      details: { field },
    });
  }
  const { statusCode } = error;
  if (statusCode === 413) return new ConveneError('payload_too_large');
  if (statusCode === 415) return new ConveneError('unsupported_media_type');
  if (statusCode === undefined || statusCode < 400 || statusCode > 499) return error;
  return new FrameworkError('invalid_request', statusCode, error.message);
}

/** Which methods each path has: what tells a wrong method from a wrong path. */
class MethodsByPath {
  readonly #routes = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();

  add(url: string, methods: readonly string[]): void {
    let route = this.#routes.get(url);
    if (route === undefined) {
      const pattern = new RegExp(
        `^${url.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/:\w+/g, '[^/]+')}$`,
      );
      route = { pattern, methods: new Set() };
      this.#routes.set(url, route);
    }
    for (const method of methods) route.methods.add(method);
  }

  of(url: string): string[] {
    const path = url.split('?', 1)[0] ?? '';
    const found = [...this.#routes.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort();
  }
}
