/**
 * A client that remembers what it was sent, over any number of connections and servers.
 *
 *   apart ──connect(url)──▶ connecting ⇄ connected (socket.io-client reconnects by itself, with the newest id)
 *     ▲──────leave()──────────────┘
 *
 * A server that is started anew has another port, so a client is told where to go; everything else it does as any
 * client of the protocol: it keeps the id of the newest event, and asks for what comes after that.
 */
import { io, type Socket } from 'socket.io-client';
import { until } from './until.ts';
import { type Ack, ackSchema, type Frame, isWireEvent, type WireEvent } from './wire.ts';

/** What came between two connects. */
export interface Stretch {
  /** The `latest_event_id` of the connection. */
  readonly cursor: number;
  readonly events: WireEvent[];
}

export interface Seen {
  readonly event: string;
  readonly payload: unknown;
  /** On the clock of `performance.now()`. */
  readonly at: number;
}

export interface ClientOptions {
  readonly sid: string;
  /** More of the query. */
  readonly query?: Readonly<Record<string, string>>;
  /** Whether everything but events is remembered, too. @default true */
  readonly keepFrames?: boolean;
}

export class RecordingClient implements Disposable {
  readonly sid: string;
  /** Every event with an id, in the order of arrival. */
  readonly events: WireEvent[] = [];
  /** When each of them came. */
  readonly times: number[] = [];
  /** The same events, by connection. */
  readonly stretches: Stretch[] = [];
  /** Everything else. */
  readonly frames: Seen[] = [];
  readonly #query: Record<string, string>;
  readonly #keepFrames: boolean;
  readonly #watchers = new Set<() => void>();
  #socket: Socket | null = null;
  #closed = false;

  constructor({ sid, query = {}, keepFrames = true }: ClientOptions) {
    this.sid = sid;
    this.#keepFrames = keepFrames;
    this.#query = { conversation_id: sid, ...query };
  }

  /** The id of the newest event that it has; -1 for none. */
  get cursor(): number {
    return this.events.at(-1)?.id ?? -1;
  }

  get connected(): boolean {
    return this.#socket?.connected ?? false;
  }

  get ids(): number[] {
    return this.events.map(({ id }) => id);
  }

  /** Goes to a server, and stays with it until told otherwise. */
  connect(url: string): this {
    this.leave();
    const query = this.#query;
    query['latest_event_id'] = this.#latest();
    const socket = io(url, {
      transports: ['websocket'],
      query,
      forceNew: true,
      reconnectionDelay: 20,
      reconnectionDelayMax: 100,
    });
    this.#socket = socket;
    let stretch: Stretch | null = null;
    socket.on('connect', () => {
      stretch = { cursor: this.cursor, events: [] };
      this.stretches.push(stretch);
      this.#note('connect', null);
    });
    socket.on('oh_event', (payload: unknown) => {
      if (!isWireEvent(payload)) {
        this.#note('oh_event', payload);
        return;
      }
      this.events.push(payload);
      this.times.push(performance.now());
      stretch?.events.push(payload);
      query['latest_event_id'] = String(payload.id);
      this.#wake();
    });
    socket.onAny((event: string, payload: unknown) => {
      if (event !== 'oh_event') this.#note(event, payload);
    });
    socket.on('connect_error', (error: Error & { readonly data?: unknown }) =>
      this.#note('connect_error', { message: error.message, data: error.data }),
    );
    socket.on('disconnect', (reason) => this.#note('disconnect', { reason }));
    return this;
  }

  /** Resolves when it is connected. */
  async joined(url: string): Promise<this> {
    this.connect(url);
    await this.until('connected', () => this.connected);
    return this;
  }

  leave(): void {
    this.#socket?.disconnect();
    this.#socket?.removeAllListeners();
    this.#socket = null;
  }

  /** One attempt, with anything: rejects where no acknowledgement comes. */
  async send(frame: unknown, timeoutMs = 10_000): Promise<Ack> {
    const socket = this.#socket;
    if (socket === null || !socket.connected) throw new Error('not connected');
    const answer = Promise.withResolvers<Ack>();
    const onDisconnect = (): void => answer.reject(new Error('disconnected'));
    socket.once('disconnect', onDisconnect);
    socket
      .timeout(timeoutMs)
      .emitWithAck('oh_action', frame)
      .then((ack: unknown) => answer.resolve(ackSchema.parse(ack)))
      .catch(answer.reject);
    try {
      return await answer.promise;
    } finally {
      socket.off('disconnect', onDisconnect);
    }
  }

  /** The same; fails where it is refused. */
  async sent(frame: Frame, timeoutMs?: number): Promise<number> {
    const ack = await this.send(frame, timeoutMs);
    if (!ack.ok) throw new Error(`refused: ${JSON.stringify(ack.error)}`);
    return ack.id;
  }

  /** Sends the same frame again and again, on whichever connection there is, until it is answered. */
  async sendSurely(frame: Frame & { readonly action_id: string }): Promise<Ack | null> {
    while (!this.#closed) {
      try {
        await until('connected', () => this.connected || this.#closed, { timeoutMs: 60_000, everyMs: 5 });
        if (this.#closed) return null;
        return await this.send(frame, 5_000);
      } catch {
        // Whether it was stored is not known: that is what `action_id` is for.
      }
    }
    return null;
  }

  /** Resolves when `isSo` is; it is asked after everything that comes. */
  until(what: string, isSo: () => boolean, timeoutMs = 10_000): Promise<void> {
    if (isSo()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!isSo()) return;
        clearTimeout(timer);
        this.#watchers.delete(check);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#watchers.delete(check);
        const last = JSON.stringify([this.events.slice(-3), this.frames.slice(-3)]).slice(0, 2_000);
        reject(new Error(`not within ${timeoutMs} ms: ${what}; last came ${last}`));
      }, timeoutMs);
      this.#watchers.add(check);
    });
  }

  /** The first event, from now on or before, that is so. */
  async event(what: string, isIt: (event: WireEvent) => boolean, timeoutMs?: number): Promise<WireEvent> {
    await this.until(what, () => this.events.some(isIt), timeoutMs);
    const found = this.events.find(isIt);
    if (found === undefined) throw new Error(`gone: ${what}`);
    return found;
  }

  /** When that event came. */
  timeOf(event: WireEvent): number {
    return this.times[this.events.indexOf(event)] ?? Number.NaN;
  }

  payloads(event: string): unknown[] {
    return this.frames.filter((seen) => seen.event === event).map(({ payload }) => payload);
  }

  /** For good: nothing is sent again. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.leave();
  }

  #latest(): string {
    return this.events.length === 0 ? 'undefined' : String(this.cursor);
  }

  #note(event: string, payload: unknown): void {
    if (this.#keepFrames || event === 'connect_error')
      this.frames.push({ event, payload, at: performance.now() });
    this.#wake();
  }

  #wake(): void {
    for (const check of [...this.#watchers]) check();
  }
}
