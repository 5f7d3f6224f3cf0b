/**
 * Takes turns in writing what waits for clients: when the event loop has dealt with what came in, and for a short time
 * at once, so that a thousand clients leave others theirs. What a turn does not reach is written in the next.
 *
 *   idle ──add()──▶ due ──▶ a turn ──everybody had theirs──▶ idle
 *                    ▲        │ its time is over
 *                    └────────┘
 */
import type { Clock } from '../../clock.ts';
import type { WirePacket } from './wire-packet.ts';

const TURN_MS = 2;

/** Whoever has something to write. */
export interface Sender {
  /** Writes what waits; must not throw. */
  send(): void;
}

export class Postman {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #due = new Set<Sender>();
  #isDue = false;
  #joined: { readonly packets: readonly WirePacket[]; readonly bytes: WirePacket } | null = null;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** It is called in a turn to come, once however often it was added until then. */
  add(sender: Sender): void {
    this.#due.add(sender);
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => this.#turn());
  }

  remove(sender: Sender): void {
    this.#due.delete(sender);
  }

  /** The packets in one buffer. Who follows the same conversation mostly is to be sent the same: then it is made once. */
  join(packets: readonly WirePacket[]): WirePacket {
    const [only] = packets;
    if (packets.length === 1 && only !== undefined) return only;
    const last = this.#joined;
    if (last !== null && areSame(last.packets, packets)) return last.bytes;
    const bytes = Buffer.concat(packets);
    this.#joined = { packets, bytes };
    return bytes;
  }

  #turn(): void {
    const until = this.#clock.monotonic() + TURN_MS;
    for (const sender of this.#due) {
      this.#due.delete(sender);
      sender.send();
      if (this.#clock.monotonic() >= until) break;
    }
    if (this.#due.size > 0) {
      setImmediate(() => this.#turn());
      return;
    }
    this.#isDue = false;
    this.#joined = null;
  }
}

function areSame(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((element, index) => element === right[index]);
}
