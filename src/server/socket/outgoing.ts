/**
 * What waits to be sent to one client: the packets of events and frames, shared with whoever else is sent them, and
 * behind them what the engine holds, which queues without bound for a client that does not read. So it is given more
 * only when the kernel has taken what it had; and this class tells when to stop adding.
 *
 *   open ──(asked `full`, above HIGH)──▶ full ──(asked `flooded`, above FLOOD)──▶ flooded
 *     ▲                                   │ ▲                                        │
 *     └──(LOW or less: `onDrained`)───────┘ └──────(HIGH or less: `onRelieved`)──────┘
 *
 * Events and frames stop at full. What the client itself asks for, its answers, goes on until flooded: it takes the
 * engine's own way, ahead of events that wait.
 */
import type { Postman, Sender } from './postman.ts';
import { isOpen, isWritable, sizeOf, type Transport, writeFrames } from './transport.ts';
import type { WirePacket } from './wire-packet.ts';

const LOW = 32 * 1024;
const HIGH = 256 * 1024;
const FLOOD = 512 * 1024;
/** What is written at once. */
const WRITE = 64 * 1024;

export interface OutgoingListener {
  /** A full one has room for more events. */
  onDrained(): void;
  /** A flooded one has room for more answers. */
  onRelieved(): void;
}

export class Outgoing implements Sender {
  readonly #transport: Transport;
  readonly #postman: Postman;
  readonly #listener: OutgoingListener;
  #packets: WirePacket[] = [];
  /** Bytes in `#packets`; in the engine; handed by it to the WebSocket, until the kernel has taken the whole batch. */
  #waiting = 0;
  #queued = 0;
  #inFlight = 0;
  #full = false;
  #flooded = false;

  /** Lives as long as the transport. */
  constructor(transport: Transport, postman: Postman, listener: OutgoingListener) {
    this.#transport = transport;
    this.#postman = postman;
    this.#listener = listener;
    transport.on('packetCreate', (packet: { readonly data?: unknown }) => {
      this.#queued += sizeOf(packet.data);
    });
    transport.on('flush', () => {
      this.#inFlight += this.#queued;
      this.#queued = 0;
    });
    // `drain` comes before the engine hands over what has been queued meanwhile, `ready` after that.
    transport.transport.on('drain', () => {
      this.#inFlight = 0;
    });
    transport.transport.on('ready', () => {
      if (this.#packets.length > 0) this.#postman.add(this);
      this.#check();
    });
    transport.once('close', () => {
      this.#postman.remove(this);
      this.#packets = [];
    });
  }

  /** Bytes, about. */
  get waiting(): number {
    return this.#waiting + this.#queued + this.#inFlight;
  }

  /** Whether the client reads too slowly for more events. Once true, true until `onDrained`. */
  get full(): boolean {
    this.#full ||= this.waiting > HIGH;
    return this.#full;
  }

  /** Whether not even answers should be added. Once true, true until `onRelieved`. */
  get flooded(): boolean {
    this.#flooded ||= this.waiting > FLOOD;
    return this.#flooded;
  }

  /** To be sent after everything that was pushed before. */
  push(packet: WirePacket): void {
    if (!isOpen(this.#transport)) return;
    this.#packets.push(packet);
    this.#waiting += packet.length;
    if (this.#packets.length === 1 && isWritable(this.#transport)) this.#postman.add(this);
  }

  /** The same as `send`, at once, where that much waits. */
  sendMuch(): void {
    if (this.#waiting >= WRITE) this.send();
  }

  /** Writes as much as is good at once, where the kernel has taken what was written before. */
  send(): void {
    if (this.#packets.length === 0 || !isWritable(this.#transport)) return;
    const packets = this.#packets.length === 1 ? this.#packets : this.#nextWrite();
    if (packets === this.#packets) this.#packets = [];
    this.#write(this.#postman.join(packets));
  }

  /** Hands everything to the engine, ahead of what is to be said last. */
  flush(): void {
    const packets = this.#packets;
    this.#packets = [];
    if (packets.length > 0 && isOpen(this.#transport)) this.#write(this.#postman.join(packets));
  }

  #nextWrite(): WirePacket[] {
    let bytes = 0;
    const end = this.#packets.findIndex((packet) => {
      bytes += packet.length;
      return bytes > WRITE;
    });
    return end === -1 ? this.#packets : this.#packets.splice(0, Math.max(end, 1));
  }

  #write(bytes: WirePacket): void {
    this.#waiting -= bytes.length;
    this.#queued += bytes.length;
    writeFrames(this.#transport, bytes);
  }

  #check(): void {
    if (this.#flooded && this.waiting <= HIGH) {
      this.#flooded = false;
      this.#listener.onRelieved();
    }
    if (this.#full && this.waiting <= LOW) {
      this.#full = false;
      this.#listener.onDrained();
    }
  }
}
