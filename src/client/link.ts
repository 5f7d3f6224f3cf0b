/**
 * The socket of one joined conversation, which comes back by itself, from where the client is.
 *
 *   connecting ──▶ connected ⇄ reconnecting
 *       │              │            │
 *       └──────────────┴────────────┴──▶ closed: by `close`, or for good because the server refused it
 *
 * Socket.IO connects again after a transport was closed, but neither after a refusal nor after it was sent away: this
 * class does, unless the refusal is one that stays.
 */
import { io, type Socket } from 'socket.io-client';
import { ClientError } from './client-error.ts';
import { isRecord } from './json.ts';
import { backoffMs } from './time-limit.ts';

export type ConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'closed';

export interface LinkOptions {
  /** The server's, without a slash at its end; it may have a path. */
  readonly url: string;
  readonly sid: string;
  /** The id of the newest event that the client has; -1 for none. */
  readonly cursor: number;
  /** Whether everything is wanted, as stored. */
  readonly all: boolean;
  readonly onState: (state: ConnectionState) => void;
  /** An attempt to connect has failed: `lastFailure`. */
  readonly onFailure: () => void;
  readonly onPacket: (name: string, payload: unknown) => void;
}

const RECONNECT_MS = 100;
const RECONNECT_MAX_MS = 2_000;
/** How long one attempt to connect may take. */
const CONNECT_MS = 10_000;

export class Link {
  readonly #options: LinkOptions;
  readonly #socket: Socket;
  readonly #query: Record<string, string>;
  #state: ConnectionState = 'connecting';
  #error: ClientError | null = null;
  #refusals = 0;
  #retry: ReturnType<typeof setTimeout> | null = null;
  /** Why there is no connection; null while there is one, and before the first attempt has ended. */
  lastFailure: unknown = null;

  constructor(options: LinkOptions) {
    const { all, cursor, sid, url } = options;
    this.#options = options;
    this.#query = {
      conversation_id: sid,
      latest_event_id: String(cursor),
      ...(all ? { all: '1' } : {}),
    };
    const { origin, pathname } = new URL(url);
    this.#socket = io(origin, {
      path: `${pathname.replace(/\/$/, '')}/socket.io`,
      transports: ['websocket'],
      query: this.#query, // read anew at every attempt
      forceNew: true,
      timeout: CONNECT_MS,
      reconnectionDelay: RECONNECT_MS,
      reconnectionDelayMax: RECONNECT_MAX_MS,
    });
    this.#listen();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Why it is closed; null while it is not, and where `close` was called. */
  get error(): ClientError | null {
    return this.#error;
  }

  /** Where the next connection begins. */
  set cursor(id: number) {
    this.#query['latest_event_id'] = String(id);
  }

  /** One attempt. Answers with the acknowledgement; rejects where none came: by a disconnect, or in time. */
  emit(frame: unknown, timeoutMs: number): Promise<unknown> {
    return this.#socket.timeout(timeoutMs).emitWithAck('oh_action', frame);
  }

  /** Leaves and comes back, from the cursor on. */
  rejoin(): void {
    if (this.#state === 'connected') this.#socket.disconnect();
  }

  close(error: ClientError | null = null): void {
    if (this.#state === 'closed') return;
    this.#error = error;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#become('closed');
    this.#socket.removeAllListeners();
    this.#socket.disconnect();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('connect', () => {
      this.#refusals = 0;
      this.lastFailure = null;
      this.#become('connected');
    });
    socket.on('disconnect', (reason) => {
      this.lastFailure = new Error(`disconnected: ${reason}`);
      this.#become('reconnecting');
      if (reason === 'io client disconnect') this.#connectAfter(0);
      else if (!socket.active) this.#connectAfter(this.#nextDelay());
    });
    socket.on('connect_error', (error) => {
      this.lastFailure = error;
      this.#options.onFailure();
      if (socket.active) return;
      const refusal = refusalOf(error);
      if (refusal === null) this.#connectAfter(this.#nextDelay());
      else this.close(refusal);
    });
    socket.onAny((name: string, payload: unknown) => this.#options.onPacket(name, payload));
  }

  #nextDelay(): number {
    this.#refusals += 1;
    return backoffMs(this.#refusals - 1);
  }

  #connectAfter(delayMs: number): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#socket.connect(), delayMs);
  }

  #become(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState(state);
  }
}

/** A refusal that stays; null for all others, which may pass. */
function refusalOf(error: Error & { readonly data?: unknown }): ClientError | null {
  const { message } = error;
  const details = isRecord(error.data) ? { details: error.data } : {};
  if (message.startsWith('Conversation not found')) {
    return new ClientError('conversation_not_found', message, details);
  }
  if (message.startsWith('Settings not found'))
    return new ClientError('settings_not_found', message, details);
  if (message.startsWith('No conversation_id')) return new ClientError('invalid_request', message, details);
  return null;
}
