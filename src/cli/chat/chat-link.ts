/**
 * The line to one conversation on a server.
 *
 *   connecting ──▶ connected ⇄ lost (connects again by itself, behind the newest event) ──▶ closed
 *      └──refused, or not within `connectMs`──▶ failed ◀──refused── lost
 */
import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import { z } from 'zod';
import { delay, systemClock } from '../../clock.ts';
import { ConveneError, type ErrorCode, errorTable } from '../../errors.ts';
import type { StoredEvent } from '../../events/event.ts';
import { unreachable } from '../source/server-source.ts';
import { isWireEvent } from '../source/wire-event.ts';
import type { Delta } from './transcript.ts';

export interface ChatLinkOptions {
  readonly url: string;
  readonly sid: string;
  /** The id of the last event that is known. */
  readonly cursor: number;
  readonly onEvent: (event: StoredEvent) => void;
  readonly onDelta: (delta: Delta) => void;
  /** What the server has to say, beside the log. */
  readonly onNotice: (notice: string) => void;
  readonly onLost: () => void;
  readonly onFound: () => void;
  /** The server does not let it come back: the conversation was deleted, for example. */
  readonly onRefused: (error: ConveneError) => void;
  /** How long the first connection may take, in ms. @default 10,000 */
  readonly connectMs?: number;
}

export interface ClientFrame {
  readonly action: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const ACK_MS = 10_000;
const RETRY_MS = 500;

/** After these, the same may be sent again. */
const passing: ReadonlySet<string> = new Set<ErrorCode>([
  'draining',
  'outcome_unknown',
  'store_unavailable',
  'too_many_requests',
  'not_connected',
]);

const noticeSchema = z.union([
  z.object({ status_update: z.literal(true), message: z.string() }),
  z.object({ error: z.literal(true), message: z.string() }),
]);
const deltaSchema = z.object({ kind: z.enum(['message', 'output']), text: z.string() });
const ackSchema = z.union([
  z.object({ ok: z.literal(true), id: z.int() }),
  z.object({ ok: z.literal(false), error: z.object({ code: z.string(), message: z.string() }) }),
]);

export class ChatLink implements Disposable {
  readonly #options: ChatLinkOptions;
  readonly #socket: Socket;
  readonly #closed = new AbortController();
  readonly #connected = Promise.withResolvers<void>();
  #cursor: number;
  #isLost = false;

  constructor(options: ChatLinkOptions) {
    this.#options = options;
    this.#cursor = options.cursor;
    const query = { conversation_id: options.sid, latest_event_id: String(options.cursor) };
    this.#socket = io(options.url, {
      transports: ['websocket'],
      query,
      forceNew: true,
      reconnectionDelay: 200,
      reconnectionDelayMax: 2_000,
    });
    this.#socket.on('oh_event', (payload: unknown) => {
      this.#receive(payload);
      query.latest_event_id = String(this.#cursor); // where it goes on after a reconnection
    });
    this.#socket.on('oh_delta', (payload: unknown) => {
      const { data } = deltaSchema.safeParse(payload);
      if (data !== undefined) options.onDelta(data);
    });
    this.#socket.on('connect', () => this.#found());
    this.#socket.on('disconnect', () => this.#lost());
    this.#socket.on('connect_error', (error) => this.#notConnected(error));
  }

  /** Resolves when it is connected. Throws where it is refused, or nobody answers in time. */
  async open(): Promise<void> {
    const { connectMs = 10_000, url } = this.#options;
    const late = AbortSignal.timeout(connectMs);
    late.addEventListener('abort', () => this.#connected.reject(unreachable(url, late.reason)));
    await this.#connected.promise;
  }

  /**
   * Answers with the id of the stored event. It is sent again, under the same name, until it is known to be stored.
   * Throws where it is refused, and when the link is closed.
   */
  async send(frame: ClientFrame): Promise<number> {
    const named = { ...frame, action_id: randomUUID() };
    const { signal } = this.#closed;
    for (;;) {
      signal.throwIfAborted();
      const ack = await this.#try(named);
      if (ack?.ok) return ack.id;
      if (ack !== null && !passing.has(ack.error.code)) throw refusal(ack.error);
      await delay(systemClock, RETRY_MS, signal);
    }
  }

  [Symbol.dispose](): void {
    this.#closed.abort(new ConveneError('not_connected', 'The conversation was left.'));
    this.#socket.disconnect();
  }

  /** Null where no answer came. */
  async #try(frame: unknown): Promise<z.output<typeof ackSchema> | null> {
    if (!this.#socket.connected) return null;
    try {
      return ackSchema.parse(await this.#socket.timeout(ACK_MS).emitWithAck('oh_action', frame));
    } catch {
      return null; // whether it was stored is not known: its name makes that harmless
    }
  }

  #receive(payload: unknown): void {
    if (isWireEvent(payload)) {
      if (payload.id <= this.#cursor) return;
      this.#cursor = payload.id;
      this.#options.onEvent(payload);
      return;
    }
    const { data } = noticeSchema.safeParse(payload);
    if (data !== undefined) this.#options.onNotice(data.message);
  }

  #found(): void {
    this.#connected.resolve();
    if (this.#isLost) this.#options.onFound();
    this.#isLost = false;
  }

  #lost(): void {
    if (this.#closed.signal.aborted) return;
    if (!this.#isLost) this.#options.onLost();
    this.#isLost = true;
    if (!this.#socket.active) this.#socket.connect(); // the server ended it: it will say why
  }

  #notConnected(error: Error): void {
    if (this.#socket.active) return; // it tries again
    const refused = new ConveneError('conversation_not_found', error.message);
    this.#connected.reject(refused);
    if (this.#isLost) this.#options.onRefused(refused);
  }
}

function refusal({ code, message }: { readonly code: string; readonly message: string }): ConveneError {
  const isOurs = (name: string): name is ErrorCode => Object.hasOwn(errorTable, name);
  return new ConveneError(isOurs(code) ? code : 'internal', message);
}
