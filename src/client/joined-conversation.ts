/**
 * A conversation that this client has joined: its events as they come, and what the user does in it.
 *
 * Every event after the cursor that visibility lets through comes exactly once and in order, over any number of
 * reconnects and restarts of the server. What is sent is stored exactly once.
 */
import type { z } from 'zod';
import type { actionSchemas } from '../events/actions.ts';
import type { ClientAction } from '../events/client-action.ts';
import type { StoredEvent } from '../events/event.ts';
import { actionId } from './action-id.ts';
import { ClientError, passes } from './client-error.ts';
import {
  complaintOf,
  type Delta,
  deltaOf,
  isEvent,
  type Presence,
  pendingIn,
  presenceOf,
  type Status,
  statusOf,
} from './frames.ts';
import { isRecord } from './json.ts';
import { type ConnectionState, Link } from './link.ts';
import { Listeners } from './listeners.ts';
import { backoffMs, orAborted, rest, TimeLimit } from './time-limit.ts';
import { WaitingEvents } from './waiting-events.ts';

export interface JoinOptions {
  /** The id of the newest event that the caller has: what comes after it is wanted. @default -1 */
  readonly after?: number;
  /** Everything, as stored, also what is usually hidden. @default false */
  readonly all?: boolean;
  /** How long joining may take, in ms. @default the client's `timeoutMs` */
  readonly timeoutMs?: number;
  /** Ends the joining; afterwards it has no effect. */
  readonly signal?: AbortSignal;
}

export interface SendOptions {
  /** Makes repeating safe: the same one with the same content is stored once. @default a random one */
  readonly actionId?: string;
  /** How long it may take, with all attempts, in ms. @default 60000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** An action as it may be sent: what has a default may be left out. */
export type SendAction = z.input<(typeof actionSchemas)[ClientAction['action']]>;

/** What can be listened to by `on`. */
export interface ConversationTold {
  readonly state: ConnectionState;
  readonly delta: Delta;
  readonly status: Status;
  /** Something that nobody waited for was refused; a message for people. */
  readonly error: string;
  readonly presence: Presence;
}

const SEND_MS = 60_000;
/** How long one attempt may be without an acknowledgement. */
const ATTEMPT_MS = 10_000;

export class JoinedConversation implements AsyncIterable<StoredEvent> {
  readonly id: string;
  readonly #link: Link;
  readonly #listeners = new Listeners<ConversationTold & { readonly something: undefined }>();
  readonly #waiting: WaitingEvents;
  #cursor: number;
  #pending: number | null = null;

  /** Begins to connect. Callers use `ConveneClient.join`, which waits until it is. */
  constructor(url: string, id: string, { after = -1, all = false }: JoinOptions) {
    this.id = id;
    this.#cursor = after;
    // Not `after`: one above the head counts as the head, and what comes then is new.
    this.#waiting = new WaitingEvents(-1, () => this.#link.rejoin());
    this.#link = new Link({
      url,
      sid: id,
      cursor: after,
      all,
      onState: (state) => {
        this.#listeners.tell('state', state);
        this.#listeners.tell('something', undefined);
      },
      onFailure: () => this.#listeners.tell('something', undefined),
      onPacket: (name, payload) => this.#receive(name, payload),
    });
  }

  get state(): ConnectionState {
    return this.#link.state;
  }

  /** The id of the newest event that was read; -1 for none. Join with it as `after` to go on from here. */
  get cursor(): number {
    return this.#cursor;
  }

  /** The newest action that was seen waiting for the user's yes or no, until it was answered here. */
  get pending(): number | null {
    return this.#pending;
  }

  /** Calls `listener` until the answer is called. */
  on<Name extends keyof ConversationTold>(
    name: Name,
    listener: (told: ConversationTold[Name]) => void,
  ): () => void {
    return this.#listeners.on(name, listener);
  }

  /**
   * The events, from where the last reading stopped. Ends when the conversation is left; throws a `ClientError` where
   * the server refuses it for good (`conversation_not_found` when it was deleted), and the reason of `signal`. Of two
   * loops at once, each event goes to one.
   */
  async *events({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<StoredEvent, void, void> {
    for (;;) {
      signal?.throwIfAborted();
      const event = this.#waiting.shift();
      if (event !== undefined) {
        this.#cursor = event.id;
        yield event;
      } else if (this.#link.state === 'closed') {
        if (this.#link.error !== null) throw this.#link.error;
        return;
      } else {
        await this.#something(signal);
      }
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<StoredEvent, void, void> {
    return this.events();
  }

  /**
   * Stores an action and answers with its event's id: sent again, under the same `action_id`, until it is acknowledged.
   * Throws a `ClientError`: what the server refused by its code, `timed_out` or `unreachable` (it may have been stored:
   * send it again with the same `actionId`), `closed`. Sends that are under way at once keep their order only while
   * the connection holds.
   */
  async send(action: SendAction, options: SendOptions = {}): Promise<number> {
    const { signal, timeoutMs = SEND_MS } = options;
    const frame = { ...action, action_id: options.actionId ?? actionId() };
    const limit = new TimeLimit(`sending ${action.action}`, timeoutMs, signal);
    try {
      for (let attempt = 0; ; attempt += 1) {
        await this.connected(limit);
        const answer = await this.#attempt(frame, limit);
        if (answer instanceof ClientError) await rest(backoffMs(attempt), limit.signal);
        else if (answer !== null) return answer;
      }
    } finally {
      limit.release();
    }
  }

  /** A user's message. */
  say(
    content: string,
    options: SendOptions & { readonly imageUrls?: readonly string[] } = {},
  ): Promise<number> {
    return this.send(
      { action: 'message', args: { content, image_urls: [...(options.imageUrls ?? [])] } },
      options,
    );
  }

  /** A command of the user's own, carried out in the workspace whatever the agent does. */
  run(command: string, options: SendOptions = {}): Promise<number> {
    return this.send({ action: 'run', args: { command } }, options);
  }

  /** Asks the agent to pause, to stop its turn, or to go on. */
  changeState(state: 'running' | 'paused' | 'stopped', options: SendOptions = {}): Promise<number> {
    return this.send({ action: 'change_agent_state', args: { agent_state: state } }, options);
  }

  /** Lets an action be carried out. @param pending Its id. @default the newest one that waits */
  confirm(pending: number | null = this.#pending, options: SendOptions = {}): Promise<number> {
    return this.#answer('user_confirmed', pending, options);
  }

  /** The opposite of `confirm`. */
  reject(pending: number | null = this.#pending, options: SendOptions = {}): Promise<number> {
    return this.#answer('user_rejected', pending, options);
  }

  /** Resolves when there is a connection. Throws `closed`, and the reason of the limit. */
  async connected(limit: TimeLimit): Promise<void> {
    while (this.#link.state !== 'connected') {
      if (this.#link.state === 'closed') {
        throw this.#link.error ?? new ClientError('closed', 'This conversation was left.');
      }
      limit.lastFailure = this.#link.lastFailure;
      await this.#something(limit.signal);
    }
  }

  /** Closes the connection; the conversation goes on. Events that have come and were not read can still be read. */
  leave(): void {
    this.#link.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.leave();
  }

  async #answer(
    agent_state: 'user_confirmed' | 'user_rejected',
    pending: number | null,
    options: SendOptions,
  ): Promise<number> {
    // Named, so that a repetition after a reconnect means the same action.
    const args = pending === null ? { agent_state } : { agent_state, action_id: pending };
    const id = await this.send({ action: 'change_agent_state', args }, options);
    if (this.#pending === pending) this.#pending = null;
    return id;
  }

  /** The event's id; null where no answer came, an error where it is worth another attempt after a while. */
  async #attempt(frame: unknown, limit: TimeLimit): Promise<number | ClientError | null> {
    let acknowledgement: unknown = null;
    const emitted = this.#link.emit(frame, ATTEMPT_MS).then(
      (answer) => {
        acknowledgement = answer;
      },
      (error: unknown) => {
        limit.lastFailure = error;
      },
    );
    await orAborted(limit.signal, (resolve) => {
      void emitted.then(resolve);
      return () => {};
    });
    if (!isRecord(acknowledgement)) return null;
    const { ok, id, error } = acknowledgement;
    if (ok === true && typeof id === 'number') return id;
    const refusal = refusalOf(error);
    if (!passes(refusal)) throw refusal;
    limit.lastFailure = refusal;
    return refusal;
  }

  #receive(name: string, payload: unknown): void {
    const listeners = this.#listeners;
    if (name === 'oh_delta') {
      const delta = deltaOf(payload);
      if (delta !== null) listeners.tell('delta', delta);
    } else if (name === 'oh_presence') {
      const presence = presenceOf(payload);
      if (presence !== null) listeners.tell('presence', presence);
    } else if (name === 'oh_event') {
      if (isEvent(payload)) this.#take(payload);
      const status = statusOf(payload);
      if (status !== null) listeners.tell('status', status);
      const complaint = complaintOf(payload);
      if (complaint !== null) listeners.tell('error', complaint);
    }
  }

  #take(event: StoredEvent): void {
    if (!this.#waiting.push(event)) return;
    this.#link.cursor = event.id;
    this.#pending = pendingIn(event) ?? this.#pending;
    this.#listeners.tell('something', undefined);
  }

  /** Resolves when an event has come or the connection has changed. */
  #something(signal?: AbortSignal): Promise<void> {
    return orAborted(signal, (resolve) => this.#listeners.on('something', resolve));
  }
}

function refusalOf(error: unknown): ClientError {
  if (!isRecord(error) || typeof error['code'] !== 'string') {
    return new ClientError('bad_answer', 'The server refused the action and did not say why.');
  }
  const { code, message, ...details } = error;
  return new ClientError(code, typeof message === 'string' ? message : code, { details });
}
