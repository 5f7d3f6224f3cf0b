/**
 * Requests, with a deadline for each and errors by their codes. What passes (no connection, a server that is starting
 * or stopping) is tried again until the deadline: all of the client's requests may be repeated.
 */
import { ClientError, passes } from './client-error.ts';
import { badAnswer, isRecord } from './json.ts';
import { backoffMs, rest, TimeLimit } from './time-limit.ts';

export interface RequestOptions {
  /** For the whole operation, with all its attempts. @default the client's `timeoutMs` */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface HttpRequest extends RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON, but a form as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpOptions {
  /** Without a slash at its end. */
  readonly url: string;
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
}

export class Http {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  url(path: string, query: HttpRequest['query'] = {}): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) parameters.set(name, String(value));
    }
    return `${this.#options.url}${path}${parameters.size === 0 ? '' : `?${parameters}`}`;
  }

  /** The answer's JSON. Throws `ClientError`, or the reason of the caller's signal. */
  async json(path: string, request: HttpRequest = {}): Promise<unknown> {
    const { method = 'GET', signal } = request;
    const limit = new TimeLimit(`${method} ${path}`, request.timeoutMs ?? this.#options.timeoutMs, signal);
    try {
      for (let attempt = 0; ; attempt += 1) {
        const answer = await this.#attempt(path, request, limit);
        if (answer !== null) return answer.body;
        await rest(backoffMs(attempt), limit.signal);
      }
    } finally {
      limit.release();
    }
  }

  /** Null where it is worth another attempt. */
  async #attempt(path: string, request: HttpRequest, limit: TimeLimit): Promise<{ body: unknown } | null> {
    const { method = 'GET', query, body, headers } = request;
    const isForm = body instanceof FormData;
    let response: Response;
    let text: string;
    try {
      response = await this.#options.fetch(this.url(path, query), {
        method,
        signal: limit.signal,
        headers: {
          ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
          ...this.#options.headers,
          ...headers,
        },
        ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      });
      text = await response.text();
    } catch (error) {
      if (limit.signal.aborted) throw limit.signal.reason;
      limit.lastFailure = error;
      return null;
    }
    const parsed = parse(text);
    if (response.ok) {
      if (parsed === undefined) throw badAnswer(`no JSON from ${path}`);
      return { body: parsed };
    }
    const error = errorOf(response.status, parsed);
    if (!passes(error) && (codedError(parsed) !== null || ![502, 503, 504].includes(response.status)))
      throw error;
    limit.lastFailure = error;
    return null;
  }
}

/** What the server itself has refused it with; null where it was a proxy, or a refusal in another shape. */
function codedError(body: unknown): ({ readonly code: string } & Record<string, unknown>) | null {
  const error = isRecord(body) ? body['error'] : null;
  return isRecord(error) && typeof error['code'] === 'string' ? { ...error, code: error['code'] } : null;
}

/** Undefined where it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's page, or a body that was cut off: the caller says so
  }
}

const SETTINGS_NOT_FOUND = 'CONFIGURATION$SETTINGS_NOT_FOUND';

/** A refusal in any of the shapes of docs/errors.md. */
export function errorOf(status: number, body: unknown): ClientError {
  const coded = codedError(body);
  if (coded !== null) {
    const { code, message: text, ...details } = coded;
    return new ClientError(code, typeof text === 'string' ? text : code, { status, details });
  }
  const { error, message, msg_id } = isRecord(body) ? body : {};
  if (typeof error === 'string') {
    const code = error.startsWith('Settings') ? 'settings_not_found' : 'conversation_not_found';
    return new ClientError(status === 404 ? code : 'invalid_request', error, { status });
  }
  const text = typeof message === 'string' ? message : `The server answered with the status ${status}.`;
  const code = msg_id === SETTINGS_NOT_FOUND ? 'settings_not_found' : codeOf(status);
  return new ClientError(code, text, { status, ...(msg_id === undefined ? {} : { details: { msg_id } }) });
}

function codeOf(status: number): ClientError['code'] {
  if (status === 404) return 'not_found';
  return status < 500 ? 'invalid_request' : 'internal';
}
