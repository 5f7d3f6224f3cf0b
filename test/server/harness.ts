/**
 * A server on a free port, with the real manager on a store in memory, and clients that remember what they were sent.
 */
import { io as connect, type Socket } from 'socket.io-client';
import { AgentRegistry } from '../../src/agent/agent-registry.ts';
import { systemClock } from '../../src/clock.ts';
import { type Config, loadConfig } from '../../src/config/index.ts';
import type { NewEvent } from '../../src/events/event.ts';
import {
  type ObservationKind,
  type ObservationOf,
  observationSchemas,
} from '../../src/events/observations.ts';
import { StandaloneConversationManager } from '../../src/manager/standalone-manager.ts';
import { MemoryWorkspace } from '../../src/runtime/memory-workspace.ts';
import type { RuntimeProvider } from '../../src/runtime/runtime.ts';
import { FrontDoor } from '../../src/server/front-door.ts';
import { KnownSecrets, noting } from '../../src/server/known-secrets.ts';
import { createLogger } from '../../src/server/logger.ts';
import { createServer } from '../../src/server/server.ts';
import type { ServerParts } from '../../src/server/server-parts.ts';
import { createIo } from '../../src/server/socket/io.ts';
import { MemoryEventStore } from '../../src/store/memory-event-store.ts';
import { MemoryFileStore } from '../../src/store/memory-file-store.ts';
import type { Settings } from '../../src/store/settings.ts';

export interface TestServerOptions {
  readonly config?: Partial<Config>;
  readonly lacksLlm?: (settings: Settings | null) => boolean;
  readonly store?: MemoryEventStore;
  readonly workspacePlace?: ServerParts['workspacePlace'];
  /** The folder of the web app. @default none */
  readonly webApp?: string | null;
}

const noRuntimes: RuntimeProvider = {
  open: async () => ({
    workspace: '/nowhere',
    execute: () => Promise.reject(new Error('no runtime in these tests')),
    interrupt: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }),
  remove: async () => {},
};

export async function startServer(options: TestServerOptions = {}) {
  const { config: defaults } = loadConfig({ env: {}, cwd: '/', readFile: () => null });
  const config = { ...defaults, port: 0, drainGraceMs: 200, closeDelayMs: 0, ...options.config };
  const store = options.store ?? new MemoryEventStore();
  await store.open();
  const logs: string[] = [];
  const secrets = new KnownSecrets([config.llmApiKey]);
  const logger = createLogger({
    level: 'info',
    secrets,
    write: (line) => logs.push(line),
  });
  const agents = new AgentRegistry();
  const secretKey = new Uint8Array(32).fill(7);
  const manager = new StandaloneConversationManager({
    store,
    runtimes: noRuntimes,
    clock: systemClock,
    agents,
    sealingKey: secretKey,
    defaults: { maxIterations: 100, maxBudget: null, confirmationMode: false },
    maxConversationsPerUser: null,
    closeDelayMs: config.closeDelayMs,
    drainGraceMs: config.drainGraceMs,
    onError: (error, what) => logger.error({ err: error }, what),
  });
  await manager.start();
  const stored = new Map<string, Settings>();
  const settings = {
    load: async (userId: string) => stored.get(userId) ?? null,
    save: async (userId: string, value: Settings) => void stored.set(userId, value),
  };
  const workspace = new MemoryWorkspace(new Map(), systemClock);
  const io = createIo();
  const door = await FrontDoor.open(config);
  const server = await createServer({
    door,
    config,
    manager,
    settings: noting(settings, secrets),
    agents: agents.names,
    lacksLlm: options.lacksLlm ?? (() => false),
    secretKey,
    workspace: () => workspace,
    ...(options.workspacePlace === undefined ? {} : { workspacePlace: options.workspacePlace }),
    fileStore: new MemoryFileStore(),
    webApp: options.webApp ?? null,
    clock: systemClock,
    logger,
    io,
  });
  const url = door.url(config.host === '0.0.0.0' ? '127.0.0.1' : config.host);
  const clients: TestClient[] = [];
  return {
    url,
    io,
    store,
    manager,
    logs,
    server,
    /** A conversation that exists, with these events, whose loop does not run. */
    async conversation(sid: string, events: readonly NewEvent[] = []): Promise<string> {
      const at = Date.now();
      await store.append({
        sid,
        at,
        writer: 'system',
        events: [],
        create: { userId: '', title: '' },
      });
      if (events.length > 0) await manager.streams.append({ sid, at, writer: 'system', events });
      return sid;
    },
    append(sid: string, ...events: NewEvent[]) {
      return manager.streams.append({ sid, at: Date.now(), writer: 'system', events });
    },
    client(query: Record<string, string>, headers?: Record<string, string>): TestClient {
      const client = new TestClient(url, query, headers);
      clients.push(client);
      return client;
    },
    async get(
      path: string,
      init?: RequestInit,
    ): Promise<{ status: number; body: unknown; headers: Headers }> {
      const response = await fetch(url + path, init);
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: text === '' ? null : JSON.parse(text),
      };
    },
    async post(path: string, body: unknown, headers: Record<string, string> = {}, method = 'POST') {
      return this.get(path, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
    },
    async [Symbol.asyncDispose](): Promise<void> {
      for (const client of clients) client.socket.disconnect();
      await server.close();
    },
  };
}

export type TestServer = Awaited<ReturnType<typeof startServer>>;

/** What came; the fields that tests look at have names. */
export interface Payload {
  readonly id?: unknown;
  readonly source?: unknown;
  readonly message?: unknown;
  readonly data?: unknown;
  readonly error?: unknown;
  readonly reason?: unknown;
  readonly connections?: unknown;
  readonly text?: unknown;
  readonly args?: unknown;
}

export interface Received {
  readonly event: string;
  readonly payload: Payload;
}

/** A client that remembers everything, in order. */
export class TestClient {
  readonly socket: Socket;
  readonly received: Received[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(url: string, query: Record<string, string>, headers: Record<string, string> = {}) {
    this.socket = connect(url, {
      transports: ['websocket'],
      query,
      extraHeaders: headers,
      reconnectionDelay: 20,
      reconnectionDelayMax: 50,
      forceNew: true,
    });
    this.socket.onAny((event: string, payload: Payload) => this.note(event, payload));
    this.socket.on('connect', () => this.note('connect', {}));
    this.socket.on('connect_error', (error: Error & { data?: unknown }) =>
      this.note('connect_error', { message: error.message, data: error.data }),
    );
    this.socket.on('disconnect', (reason: string) => this.note('disconnect', { reason }));
  }

  /** Payloads of `event`. */
  payloads(event: string): Payload[] {
    return this.received.filter((one) => one.event === event).map((one) => one.payload);
  }

  /** Logged events. */
  get events(): Payload[] {
    return this.payloads('oh_event').filter((payload) => 'id' in payload && !('status_update' in payload));
  }

  get ids(): unknown[] {
    return this.events.map((event) => event.id);
  }

  /** Resolves when `isSo` is; it is asked after each thing received. */
  until(isSo: () => boolean, timeoutMs = 10_000): Promise<void> {
    if (isSo()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!isSo()) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(
          new Error(
            `not so after ${timeoutMs} ms: ${isSo}; received ${JSON.stringify(this.received.slice(-5))}`,
          ),
        );
      }, timeoutMs);
      this.#waiting.add(check);
    });
  }

  /** The first payload of `event`, once it is there. */
  async first(event: string): Promise<Payload> {
    await this.until(() => this.payloads(event).length > 0);
    return this.payloads(event)[0] ?? {};
  }

  act(
    data: unknown,
    event = 'oh_action',
  ): Promise<{ ok: boolean; id?: number; error?: { code: string; message: string } }> {
    return this.socket.emitWithAck(event, data);
  }

  note(event: string, payload: Payload): void {
    this.received.push({ event, payload });
    for (const check of [...this.#waiting]) check();
  }
}

export function message(content: string, source: 'user' | 'agent' = 'agent'): NewEvent {
  return { action: 'message', args: { content, image_urls: [], wait_for_response: false }, source };
}

/** An observation with nothing but defaults in it. */
export function observed<Kind extends Exclude<ObservationKind, 'agent_state_changed'>>(
  kind: Kind,
): ObservationOf<Kind>;
export function observed(kind: Exclude<ObservationKind, 'agent_state_changed'>): unknown {
  return observationSchemas[kind].parse({ observation: kind, extras: {} });
}
