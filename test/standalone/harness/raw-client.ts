/**
 * A client that speaks Engine.IO 4 and Socket.IO 5 by hand over a WebSocket, packet by packet, as a browser does and
 * without a library's helpfulness.
 *
 *   `0{…}` open, `40` connect, `40{sid}` connected, `44{…}` refused, `42[event, …]` event, `43…` acknowledgement,
 *   `2` ping, `3` pong
 */
import { WebSocket } from 'ws';
import { isWireEvent, type WireEvent } from './wire.ts';

export interface RawClientOptions {
  readonly url: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called with each event in place of keeping it. */
  readonly onEvent?: (event: WireEvent) => void;
  /** The same for other payloads of `oh_event`. */
  readonly onFrame?: (payload: unknown) => void;
  /** When the server has let it join. */
  readonly onConnect?: () => void;
}

export class RawClient implements Disposable {
  /** Every packet but events and pings, as it came. */
  readonly packets: string[] = [];
  /** Every event with an id. */
  readonly events: WireEvent[] = [];
  /** Other payloads of `oh_event`. */
  readonly frames: unknown[] = [];
  /** Why it was closed. */
  closed: { readonly code: number; readonly reason: string } | null = null;
  readonly socket: WebSocket;
  readonly url: string;
  readonly #watchers = new Set<() => void>();
  readonly #onEvent: (event: WireEvent) => void;
  readonly #onFrame: (payload: unknown) => void;
  readonly #onConnect: () => void;

  constructor({ url, query, headers = {}, onConnect = () => {}, onEvent, onFrame }: RawClientOptions) {
    this.url = url;
    this.#onEvent = onEvent ?? ((event) => this.events.push(event));
    this.#onFrame = onFrame ?? ((payload) => this.frames.push(payload));
    this.#onConnect = onConnect;
    const parameters = new URLSearchParams({ ...query, EIO: '4', transport: 'websocket' });
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?${parameters}`, {
      headers,
      perMessageDeflate: false,
      // A mask of zeros costs nothing: what a client pays for its own abuse is not to be measured.
      generateMask: (mask) => mask.fill(0),
    });
    this.socket.on('message', (data) => this.#receive(String(data)));
    this.socket.on('error', () => {}); // `close` follows
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
      this.#wake();
    });
  }

  /** Whether the server has let it join. */
  get connected(): boolean {
    return this.closed === null && this.packets.some((packet) => packet.startsWith('40'));
  }

  /** The reason of a refusal. */
  get refusal(): unknown {
    const packet = this.packets.find((each) => each.startsWith('44'));
    return packet === undefined ? null : JSON.parse(packet.slice(2));
  }

  get ids(): number[] {
    return this.events.map(({ id }) => id);
  }

  emit(event: string, payload: unknown): void {
    this.socket.send(`42${JSON.stringify([event, payload])}`);
  }

  /** With an acknowledgement; `number` tells one from another. */
  async ask(event: string, payload: unknown, number: number): Promise<unknown> {
    this.socket.send(`42${number}${JSON.stringify([event, payload])}`);
    const start = `43${number}[`;
    await this.until(`acknowledgement ${number}`, () =>
      this.packets.some((packet) => packet.startsWith(start)),
    );
    const packet = this.packets.find((each) => each.startsWith(start)) ?? '';
    return JSON.parse(packet.slice(start.length - 1, packet.length))[0];
  }

  async joined(): Promise<this> {
    await this.until('connected', () => this.connected);
    return this;
  }

  async event(what: string, isIt: (event: WireEvent) => boolean): Promise<WireEvent> {
    await this.until(what, () => this.events.some(isIt));
    const found = this.events.find(isIt);
    if (found === undefined) throw new Error(`gone: ${what}`);
    return found;
  }

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
        const last = JSON.stringify([this.packets.slice(-4), this.events.slice(-3), this.closed]).slice(
          0,
          2_000,
        );
        reject(new Error(`not within ${timeoutMs} ms: ${what}; last came ${last}`));
      }, timeoutMs);
      this.#watchers.add(check);
    });
  }

  /** The transport breaks, without a word. */
  [Symbol.dispose](): void {
    this.socket.terminate();
  }

  #receive(packet: string): void {
    if (packet === '2') {
      this.socket.send('3');
      return;
    }
    if (packet.startsWith('0')) this.socket.send('40');
    if (packet.startsWith('42["oh_event"')) this.#receiveEvent(JSON.parse(packet.slice(2))[1]);
    else this.packets.push(packet);
    if (packet.startsWith('40')) this.#onConnect();
    this.#wake();
  }

  #receiveEvent(payload: unknown): void {
    if (isWireEvent(payload)) this.#onEvent(payload);
    else this.#onFrame(payload);
  }

  #wake(): void {
    for (const check of [...this.#watchers]) check();
  }
}
