/**
 * How much waits to be sent to one client. The engine queues without bound for a client that does not read; this
 * gauge tells when to stop giving it more. A packet is first `queued` in the engine; handed to the WebSocket in
 * batches it is `inFlight`, until the kernel has taken the whole batch.
 *
 *   open ──(asked `full`, above HIGH)──▶ full ──(asked `flooded`, above FLOOD)──▶ flooded
 *     ▲                                   │ ▲                                        │
 *     └──(LOW or less: `onDrained`)───────┘ └──────(HIGH or less: `onRelieved`)──────┘
 *
 * Events and frames stop at full. What the client itself asks for, its answers, goes on until flooded.
 */
import { sizeOf, type Transport } from './transport.ts';

const LOW = 32 * 1024;
const HIGH = 256 * 1024;
const FLOOD = 512 * 1024;

export interface OutgoingListener {
  /** A full one has room for more events. */
  onDrained(): void;
  /** A flooded one has room for more answers. */
  onRelieved(): void;
}

export class OutgoingGauge {
  readonly #listener: OutgoingListener;
  #queued = 0;
  #inFlight = 0;
  #full = false;
  #flooded = false;

  /** Lives as long as the transport. */
  constructor(transport: Transport, listener: OutgoingListener) {
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
    transport.transport.on('ready', () => this.#check());
  }

  /** Bytes, about. */
  get waiting(): number {
    return this.#queued + this.#inFlight;
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
