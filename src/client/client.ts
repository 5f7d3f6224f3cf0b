/** The client of a Convene server: its conversations, a user's settings, and joining. */
import type { AgentState } from '../events/agent-state.ts';
import type { StoredEvent } from '../events/event.ts';
import type { MaskedSettings, PostedSettings } from '../store/settings.ts';
import { actionId } from './action-id.ts';
import { isClientError } from './client-error.ts';
import { type EventPageQuery, eventQuery, type SearchQuery, searchQuery } from './event-queries.ts';
import { ConversationFiles } from './files.ts';
import { isEvent } from './frames.ts';
import { errorOf, Http, type RequestOptions } from './http.ts';
import { JoinedConversation, type JoinOptions } from './joined-conversation.ts';
import { badAnswer, isRecord, isStrings, listOf, textOf } from './json.ts';
import {
  type Choices,
  type ClusterView,
  clusterOf,
  defaultsOf,
  type ServerDefaults,
} from './server-views.ts';
import { TimeLimit } from './time-limit.ts';

export interface ClientOptions {
  /** Where the server is, such as `http://127.0.0.1:3000`; it may have a path. */
  readonly url: string;
  /** How long an operation may take, with all its attempts, in ms. @default 30000 */
  readonly timeoutMs?: number;
  /** Sent with every HTTP request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** @default the global one */
  readonly fetch?: typeof globalThis.fetch;
}

export interface CreateConversation extends RequestOptions {
  /** The first message. Without one, the agent waits for it. */
  readonly message?: string;
  /** Data URLs, of the first message. */
  readonly imageUrls?: readonly string[];
  /** What the agent is to work on: `owner/name` or an address. */
  readonly repository?: string;
  readonly branch?: string;
  /** A recorded trajectory to play back, as JSON. */
  readonly replay?: string;
  /** The same key creates the same conversation once, also in another program. @default a random one */
  readonly idempotencyKey?: string;
}

export interface ConversationInfo {
  readonly id: string;
  readonly title: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601. */
  readonly updatedAt: string;
  readonly repository: string | null;
  /** Whether an agent loop runs. */
  readonly status: 'RUNNING' | 'STOPPED';
  /** What the agent does, or did when it last ran; null from a server that does not say. */
  readonly agentState: AgentState | null;
}

export interface ListOptions extends RequestOptions {
  /** 1 to 100. @default 20 */
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly cursor?: string;
  /**
   * Only those whose title, or one of whose events, has words that begin with all of its words. Pages may then have
   * fewer than `limit`, or none, although there is a `next`.
   */
  readonly query?: string;
}

export interface ForkOptions extends RequestOptions {
  /** The last event of the copy. @default the newest */
  readonly upTo?: number;
  /** @default that of the original */
  readonly title?: string;
  /** The same key makes the same copy once. @default a random one */
  readonly idempotencyKey?: string;
}

export interface Recording {
  /** Events as `trajectory` answers them, or as OpenHands writes them. */
  readonly trajectory: readonly unknown[];
  readonly title?: string;
}

export interface ConversationPage {
  /** Newest first. */
  readonly conversations: readonly ConversationInfo[];
  /** Null on the last page. */
  readonly next: string | null;
}

export interface EventPage {
  readonly events: readonly StoredEvent[];
  readonly hasMore: boolean;
}

const TIMEOUT_MS = 30_000;

/**
 * Every method throws a `ClientError`: the server's by their codes (docs/errors.md), `timed_out`, `unreachable`,
 * `bad_answer`; or the reason of the caller's signal.
 */
export class ConveneClient {
  readonly url: string;
  readonly #timeoutMs: number;
  readonly #http: Http;

  constructor(options: ClientOptions) {
    this.url = options.url.replace(/\/+$/, '');
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#http = new Http({
      url: this.url,
      timeoutMs: this.#timeoutMs,
      headers: options.headers ?? {},
      fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    });
  }

  /** Answers with the new conversation's id. */
  async create(options: CreateConversation = {}): Promise<string> {
    const { branch, idempotencyKey = actionId(), imageUrls, message, replay, repository } = options;
    const answer = await this.#http.json('/api/conversations', {
      ...limits(options),
      method: 'POST',
      headers: { 'idempotency-key': idempotencyKey },
      body: {
        initial_user_msg: message,
        image_urls: imageUrls,
        selected_repository: repository,
        selected_branch: branch,
        replay_json: replay,
      },
    });
    return textOf(answer, 'conversation_id');
  }

  /** One page. */
  async list(options: ListOptions = {}): Promise<ConversationPage> {
    const { cursor, limit, query } = options;
    const answer = await this.#http.json('/api/conversations', {
      ...limits(options),
      query: { limit, page_id: cursor, query },
    });
    const next = isRecord(answer) ? answer['next_page_id'] : null;
    return {
      conversations: listOf(answer, 'results', isWireInfo).map(infoOf),
      next: typeof next === 'string' ? next : null,
    };
  }

  /** All of them, newest first, page by page as they are asked for. */
  async *conversations(
    options: Omit<ListOptions, 'cursor'> = {},
  ): AsyncGenerator<ConversationInfo, void, void> {
    let cursor: string | null = null;
    do {
      const page: ConversationPage = await this.list({ ...options, ...(cursor === null ? {} : { cursor }) });
      yield* page.conversations;
      cursor = page.next;
    } while (cursor !== null);
  }

  /** Null where there is no such conversation. */
  async get(id: string, options: RequestOptions = {}): Promise<ConversationInfo | null> {
    const answer = await this.#http.json(pathOf(id), options);
    if (answer === null) return null;
    if (!isWireInfo(answer)) throw badAnswer('no conversation');
    return infoOf(answer);
  }

  async rename(id: string, title: string, options: RequestOptions = {}): Promise<void> {
    await this.#http.json(pathOf(id), { ...options, method: 'PATCH', body: { title } });
  }

  /** Whether there was one to delete. */
  async delete(id: string, options: RequestOptions = {}): Promise<boolean> {
    return (await this.#http.json(pathOf(id), { ...options, method: 'DELETE' })) === true;
  }

  /** Makes a conversation of the events of this one; its workspace is empty. Answers with the new one's id. */
  async fork(id: string, options: ForkOptions = {}): Promise<string> {
    const { idempotencyKey = actionId(), title, upTo } = options;
    const answer = await this.#http.json(`${pathOf(id)}/fork`, {
      ...limits(options),
      method: 'POST',
      headers: { 'idempotency-key': idempotencyKey },
      body: { event_id: upTo, title },
    });
    return textOf(answer, 'conversation_id');
  }

  /** Makes a conversation of a recording, whose actions are not carried out. Answers with its id. */
  async importConversation(
    { title, trajectory }: Recording,
    options: RequestOptions & { readonly idempotencyKey?: string } = {},
  ): Promise<string> {
    const answer = await this.#http.json('/api/conversations/import', {
      ...limits(options),
      method: 'POST',
      headers: { 'idempotency-key': options.idempotencyKey ?? actionId() },
      body: { trajectory, title },
    });
    return textOf(answer, 'conversation_id');
  }

  /** Lets the agent run, where it does not. */
  async start(id: string, options: RequestOptions = {}): Promise<void> {
    await this.#http.json(`${pathOf(id)}/start`, { ...options, method: 'POST' });
  }

  /** Closes it: it stays stopped until a user acts. */
  async stop(id: string, options: RequestOptions = {}): Promise<void> {
    await this.#http.json(`${pathOf(id)}/stop`, { ...options, method: 'POST' });
  }

  /** Follows a conversation, and takes part in it. Resolves when it is connected. Leave it, or dispose of it. */
  async join(id: string, options: JoinOptions = {}): Promise<JoinedConversation> {
    const limit = new TimeLimit(`joining ${id}`, options.timeoutMs ?? this.#timeoutMs, options.signal);
    const conversation = new JoinedConversation(this.url, id, options);
    try {
      await conversation.connected(limit);
      return conversation;
    } catch (error) {
      conversation.leave();
      throw error;
    } finally {
      limit.release();
    }
  }

  /** A page of the log, as stored. */
  async events(id: string, query: EventPageQuery & RequestOptions = {}): Promise<EventPage> {
    const request = { ...limits(query), query: eventQuery(query) };
    return pageOf(await this.#http.json(`${pathOf(id)}/events`, request));
  }

  /** A page of what fits. */
  async search(id: string, query: SearchQuery & RequestOptions): Promise<EventPage> {
    const request = { ...limits(query), query: searchQuery(query) };
    return pageOf(await this.#http.json(`${pathOf(id)}/events/search`, request));
  }

  /** The conversation as a recording, as OpenHands writes it. */
  async trajectory(
    id: string,
    options: RequestOptions = {},
  ): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return listOf(await this.#http.json(`${pathOf(id)}/trajectory`, options), 'trajectory', isRecord);
  }

  files(id: string): ConversationFiles {
    return new ConversationFiles(this.#http, pathOf(id));
  }

  /** What the user has stored, without its secrets; null where nothing is stored. */
  async settings(options: RequestOptions = {}): Promise<MaskedSettings | null> {
    try {
      const answer = await this.#http.json('/api/settings', options);
      if (!isSettings(answer)) throw badAnswer('no settings');
      return answer;
    } catch (error) {
      if (isClientError(error, 'settings_not_found')) return null;
      throw error;
    }
  }

  /** A key, a token or a consent that is missing or null keeps what is stored; an empty one removes it. */
  async saveSettings(settings: PostedSettings, options: RequestOptions = {}): Promise<void> {
    await this.#http.json('/api/settings', { ...options, method: 'POST', body: settings });
  }

  /**
   * Asks the model for a word, as if these settings were stored; answers with how long that took, in ms. Throws
   * `settings_not_found` where there is no model, and `llm_failed`, whose message says what to do.
   */
  async testSettings(settings: PostedSettings, options: RequestOptions = {}): Promise<number> {
    const answer = await this.#http.json('/api/settings/test', {
      ...options,
      method: 'POST',
      body: settings,
    });
    if (!isRecord(answer)) throw badAnswer('no time');
    if (answer['ok'] === false) throw errorOf(200, answer);
    const { duration_ms: took } = answer;
    if (typeof took !== 'number') throw badAnswer('no time');
    return took;
  }

  /** What holds where the user has set nothing. */
  async defaults(options: RequestOptions = {}): Promise<ServerDefaults> {
    return defaultsOf(await this.#http.json('/api/options/defaults', options));
  }

  /** Names to choose from; any other model can be named too. */
  async choices(options: RequestOptions = {}): Promise<Choices> {
    const [models, agents] = await Promise.all([
      this.#http.json('/api/options/models', options),
      this.#http.json('/api/options/agents', options),
    ]);
    if (!isStrings(models) || !isStrings(agents)) throw badAnswer('no names');
    return { models, agents };
  }

  /** The nodes, and who took over what from whom. */
  async cluster(options: RequestOptions = {}): Promise<ClusterView> {
    return clusterOf(await this.#http.json('/api/cluster', options));
  }
}

function pathOf(id: string): string {
  return `/api/conversations/${encodeURIComponent(id)}`;
}

function limits({ signal, timeoutMs }: RequestOptions): RequestOptions {
  return { ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}

interface WireInfo {
  readonly conversation_id: string;
  readonly title: string;
  readonly created_at: string;
  readonly last_updated_at: string;
  readonly selected_repository: string | null;
  readonly status: string;
  readonly agent_state?: AgentState;
}

function isWireInfo(value: unknown): value is WireInfo {
  if (!isRecord(value)) return false;
  const { selected_repository: repository } = value;
  const texts = ['conversation_id', 'title', 'created_at', 'last_updated_at', 'status'];
  return (
    texts.every((field) => typeof value[field] === 'string') &&
    (repository === null || typeof repository === 'string') &&
    (value['agent_state'] === undefined || typeof value['agent_state'] === 'string')
  );
}

function infoOf(info: WireInfo): ConversationInfo {
  return {
    id: info.conversation_id,
    title: info.title,
    createdAt: info.created_at,
    updatedAt: info.last_updated_at,
    repository: info.selected_repository,
    status: info.status === 'RUNNING' ? 'RUNNING' : 'STOPPED',
    agentState: info.agent_state ?? null,
  };
}

function isSettings(value: unknown): value is MaskedSettings {
  return isRecord(value) && 'llm_model' in value && typeof value['github_token_is_set'] === 'boolean';
}

function pageOf(answer: unknown): EventPage {
  return {
    events: listOf(answer, 'events', isEvent),
    hasMore: isRecord(answer) && answer['has_more'] === true,
  };
}
