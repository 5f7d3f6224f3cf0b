/**
 * Many clients of one conversation that only listen: they speak just enough Engine.IO and Socket.IO to be let in, and
 * count what they are sent. The first one reads every event, to see that each comes once and in order.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface AudienceOptions {
  readonly url: string;
  readonly sid: string;
  readonly count: number;
  /** Progress is told about every so many events. */
  readonly step: number;
  /** All listeners have so many events. */
  readonly onProgress: (events: number) => void;
}

/** Packets, as their texts begin. */
const packets = { open: '0{', ping: '2', connect: '40', connected: '40{', event: '42["oh_event",' } as const;

export class Audience {
  readonly #options: AudienceOptions;
  readonly #listeners: Listener[] = [];
  /** How many listeners have at least so many events. */
  #reached: number[] = [];
  readonly #problems: string[] = [];

  private constructor(options: AudienceOptions) {
    this.#options = options;
  }

  static async open(options: AudienceOptions): Promise<Audience> {
    const audience = new Audience(options);
    for (let index = 0; index < options.count; index += 1) await audience.#add(index);
    return audience;
  }

  recount(): void {
    this.#reached = [];
    for (const listener of this.#listeners) listener.count = 0;
  }

  /** Throws where a listener has not had exactly so many events, or not in order. */
  async close(events: number): Promise<void> {
    for (const [index, { count, socket }] of this.#listeners.entries()) {
      if (count !== events) this.#problems.push(`Listener ${index} had ${count} events of ${events}.`);
      const closed = once(socket, 'close');
      socket.terminate();
      await closed;
    }
    if (this.#problems.length > 0) throw new Error(this.#problems.slice(0, 5).join('\n'));
  }

  async #add(index: number): Promise<void> {
    const { sid, url } = this.#options;
    const query = `EIO=4&transport=websocket&conversation_id=${sid}`;
    const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?${query}`, {
      perMessageDeflate: false,
    });
    const listener: Listener = { socket, count: 0, lastId: null };
    this.#listeners.push(listener);
    const connected = Promise.withResolvers<void>();
    socket.on('error', connected.reject);
    socket.on('message', (data: Buffer) => {
      if (startsWith(data, packets.event)) this.#take(listener, index === 0 ? data : null);
      else if (startsWith(data, packets.open)) socket.send(packets.connect);
      else if (startsWith(data, packets.connected)) connected.resolve();
      else if (startsWith(data, packets.ping)) socket.send('3');
    });
    await connected.promise;
  }

  #take(listener: Listener, read: Buffer | null): void {
    if (read !== null) {
      const [, { id }]: [string, { id: number }] = JSON.parse(read.toString('utf8', 2));
      if (listener.lastId !== null && id !== listener.lastId + 1 && id !== 0) {
        this.#problems.push(`Event ${id} came after ${listener.lastId}.`);
      }
      listener.lastId = id;
    }
    listener.count += 1;
    const { count } = listener;
    const reached = (this.#reached[count] ?? 0) + 1;
    this.#reached[count] = reached;
    const { count: listeners, onProgress, step } = this.#options;
    if (reached === listeners && count % step === 0) onProgress(count);
  }
}

interface Listener {
  readonly socket: WebSocket;
  count: number;
  lastId: number | null;
}

function startsWith(data: Buffer, packet: string): boolean {
  return data.length >= packet.length && data.toString('latin1', 0, packet.length) === packet;
}
