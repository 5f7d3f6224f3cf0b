/** A running server, over HTTP. Every request has a deadline. */
import { z } from 'zod';
import { ConveneError, type ErrorCode, errorTable } from '../../errors.ts';
import type { StoredEvent } from '../../events/event.ts';
import type { ConversationSource, ListedConversation, SourcePage } from './conversation-source.ts';
import { isWireEvent } from './wire-event.ts';

const TIMEOUT_MS = 30_000;
const PAGE = 100;

const infoSchema = z.object({
  conversation_id: z.string(),
  title: z
    .string()
    .nullish()
    .transform((title) => title ?? ''),
  status: z.enum(['RUNNING', 'STOPPED']),
  created_at: z.string(),
  last_updated_at: z.string(),
  selected_repository: z
    .string()
    .nullish()
    .transform((name) => name ?? null),
  selected_branch: z
    .string()
    .nullish()
    .transform((name) => name ?? null),
  user_id: z.string().default(''),
});

const listSchema = z.object({ results: z.array(infoSchema), next_page_id: z.string().nullish() });

const eventsSchema = z.object({ events: z.array(z.custom<StoredEvent>(isWireEvent)), has_more: z.boolean() });

const createdSchema = z.object({ conversation_id: z.string() });

const refusedSchema = z.object({ status: z.literal('error'), message: z.string() });

const errorSchema = z.object({
  error: z.union([z.string(), z.object({ code: z.string(), message: z.string() })]),
});

export class ServerSource implements ConversationSource {
  readonly #url: string;
  readonly #signal: AbortSignal | undefined;

  /** `url`: of the server, such as `http://127.0.0.1:3000`. */
  constructor(url: string, signal?: AbortSignal) {
    this.#url = url.replace(/\/+$/, '');
    this.#signal = signal;
  }

  async page(limit: number, pageId?: string): Promise<SourcePage> {
    const query = new URLSearchParams({ limit: String(limit), ...(pageId ? { page_id: pageId } : {}) });
    const { results, next_page_id } = await this.#get(`/api/conversations?${query}`, listSchema);
    return { conversations: results, next: next_page_id ?? null };
  }

  async conversation(sid: string): Promise<ListedConversation> {
    const info = await this.#get(`/api/conversations/${encodeURIComponent(sid)}`, infoSchema.nullable());
    if (info === null) throw new ConveneError('conversation_not_found', `There is no conversation ${sid}.`);
    return info;
  }

  async *events(sid: string): AsyncGenerator<StoredEvent> {
    const path = `/api/conversations/${encodeURIComponent(sid)}/events`;
    for (let from = 0; ; ) {
      const { events, has_more } = await this.#get(`${path}?start_id=${from}&limit=${PAGE}`, eventsSchema);
      yield* events;
      from = (events.at(-1)?.id ?? from) + 1;
      if (!has_more) return;
    }
  }

  /** The newest events, in the order of their ids. `limit`: 1 to 100. `kind`: only of this one. */
  async newest(sid: string, limit: number, kind?: string): Promise<readonly StoredEvent[]> {
    const query = new URLSearchParams({
      reverse: 'true',
      limit: String(limit),
      ...(kind === undefined ? {} : { filter: kind }),
    });
    const path = `/api/conversations/${encodeURIComponent(sid)}/events?${query}`;
    return (await this.#get(path, eventsSchema)).events.toReversed();
  }

  /** Answers with the id of the new conversation. A repetition with the same key makes no second one. */
  async create(key: string): Promise<string> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key };
    const init = { method: 'POST', headers, body: '{}' };
    return (await this.#get('/api/conversations', createdSchema, init)).conversation_id;
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #get<Answer>(path: string, schema: z.ZodType<Answer>, init: RequestInit = {}): Promise<Answer> {
    const deadline = AbortSignal.timeout(TIMEOUT_MS);
    const signal = this.#signal === undefined ? deadline : AbortSignal.any([deadline, this.#signal]);
    let response: Response;
    let body: unknown;
    try {
      response = await fetch(this.#url + path, { ...init, signal });
      body = await response.json();
    } catch (cause) {
      throw unreachable(this.#url, cause);
    }
    if (!response.ok) throw refusal(this.#url, response.status, body);
    const parsed = schema.safeParse(body);
    if (!parsed.success) throw unreachable(this.#url, new Error('what answers there is no Convene server'));
    return parsed.data;
  }
}

/** Why a server could not be asked, and what to do. */
export function unreachable(url: string, cause: unknown): ConveneError {
  const message = `The server at ${url} can’t be asked: ${reasonOf(cause)}. Start one with \`convene serve\`, or name another one with --url.`;
  return new ConveneError('not_connected', message, { cause, details: { url } });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'it does not answer';
  const { cause } = error;
  if (cause instanceof Error) {
    if (!('code' in cause)) return cause.message;
    if (cause.code === 'ECONNREFUSED') return 'nothing listens there';
    if (cause.code === 'ENOTFOUND') return 'there is no machine of that name';
    return String(cause.code);
  }
  return error instanceof SyntaxError ? 'what answers there is no Convene server' : error.message;
}

function refusal(url: string, status: number, body: unknown): ConveneError {
  const refused = refusedSchema.safeParse(body);
  if (refused.success) return settingsMissing(refused.data.message);
  const parsed = errorSchema.safeParse(body);
  if (!parsed.success) return unreachable(url, new Error(`it answers with status ${status}`));
  const { error } = parsed.data;
  if (typeof error === 'string') return new ConveneError('conversation_not_found', error);
  return new ConveneError(isErrorCode(error.code) ? error.code : 'internal', error.message);
}

function settingsMissing(message: string): ConveneError {
  const what = `${message}: the server’s agent needs a language model. Set LLM_MODEL and LLM_API_KEY there, or its settings.`;
  return new ConveneError('settings_not_found', what);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}
