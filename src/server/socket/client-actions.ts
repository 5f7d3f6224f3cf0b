/**
 * What a client sends: the events `oh_action` and `oh_user_action`. Each is answered once: by its acknowledgement
 * where the client asked for one; else only a refused one is, by an error frame.
 */
import type { Socket } from 'socket.io';
import { ConveneError } from '../../errors.ts';
import { isUnexpected, wireError } from '../wire-error.ts';
import { Inbox } from './inbox.ts';
import { naming, type UnnamedAnswer, unnamedAnswer } from './pending-action.ts';
import { setReading, sizeOf } from './transport.ts';
import { errorFrame } from './wire-frames.ts';

const eventNames: ReadonlySet<unknown> = new Set(['oh_action', 'oh_user_action']);

/** What a client may send in binary, all in all, before one action is complete. The protocol has no such frames. */
const MAX_BINARY_BYTES = 1024 * 1024;

export interface ClientActionsOptions {
  readonly socket: Socket;
  readonly send: (data: unknown) => Promise<{ readonly id: number }>;
  /** The action that a confirmation means which names none; null where there is none. */
  readonly pendingAction: () => number | null | Promise<number | null>;
  readonly onAnswered: () => void;
  readonly onError: (error: unknown, what: string) => void;
}

type Acknowledge = (answer: unknown) => void;

interface ReceivedAction {
  readonly data: unknown;
  readonly acknowledge: Acknowledge | null;
}

export class ClientActions {
  readonly #options: ClientActionsOptions;
  readonly #inbox: Inbox<ReceivedAction>;
  #binaryBytes = 0;

  /** Listens as long as the socket lives. */
  constructor(options: ClientActionsOptions) {
    const { socket } = options;
    this.#options = options;
    this.#inbox = new Inbox({
      begin: (action, done) => this.#begin(action, done),
      setReading: (reading) => setReading(socket.conn, reading),
    });
    socket.conn.on('data', (data: unknown) => this.#read(data));
    // A listener would be called later, and not at all where the client has disconnected right after it sent.
    socket.use(([name, ...args], next) => {
      if (eventNames.has(name)) this.#receive(args);
      else next();
    });
  }

  /** Reads nothing more while it is held. */
  hold(held: boolean): void {
    this.#inbox.hold(held);
  }

  idle(): Promise<void> {
    return this.#inbox.idle();
  }

  #read(data: unknown): void {
    const size = sizeOf(data);
    this.#inbox.read(size);
    this.#binaryBytes = typeof data === 'string' ? 0 : this.#binaryBytes + size;
    if (this.#binaryBytes > MAX_BINARY_BYTES) this.#options.socket.conn.close();
  }

  #receive(args: readonly unknown[]): void {
    const last = args.at(-1);
    const acknowledge = isAcknowledge(last) ? last : null;
    const values = acknowledge === null ? args : args.slice(0, -1);
    if (values.length > 1) {
      const message = 'An action is one object: {action, args}.';
      this.#refuse(acknowledge, new ConveneError('invalid_request', message));
    } else if (!this.#inbox.push({ data: values[0], acknowledge })) {
      this.#refuse(acknowledge, new ConveneError('too_many_requests'));
    }
  }

  #begin({ data, acknowledge }: ReceivedAction, done: () => void): void | Promise<void> {
    const unnamed = unnamedAnswer(data);
    const named = unnamed === null ? data : this.#name(unnamed);
    if (!(named instanceof Promise)) {
      void this.#send(named, acknowledge).then(done);
      return;
    }
    return named.then(
      (frame) => {
        void this.#send(frame, acknowledge).then(done);
      },
      (error: unknown) => {
        this.#refuse(acknowledge, error);
        done();
      },
    );
  }

  #name(unnamed: UnnamedAnswer): unknown {
    const pending = this.#options.pendingAction();
    const name = (id: number | null): unknown => (id === null ? unnamed : naming(unnamed, id));
    return pending instanceof Promise ? pending.then(name) : name(pending);
  }

  async #send(data: unknown, acknowledge: Acknowledge | null): Promise<void> {
    try {
      const { id } = await this.#options.send(data);
      acknowledge?.({ ok: true, id });
      this.#options.onAnswered();
    } catch (error) {
      this.#refuse(acknowledge, error);
    }
  }

  #refuse(acknowledge: Acknowledge | null, error: unknown): void {
    if (isUnexpected(error)) this.#options.onError(error, 'action');
    const refusal = wireError(error);
    if (acknowledge === null) this.#options.socket.emit('oh_event', errorFrame(refusal.message));
    else acknowledge({ ok: false, error: refusal });
    this.#options.onAnswered();
  }
}

function isAcknowledge(value: unknown): value is Acknowledge {
  return typeof value === 'function';
}
