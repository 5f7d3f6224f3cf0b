/**
 * The channels that this node listens to: those it wants, and what Redis was told of them. What changes while Redis is
 * told is told next, all at once.
 */
import type { RedisConnection } from './redis-connection.ts';

/** Channels in one command. */
const batch = 1_000;

export class RedisSubscriptions {
  readonly #connection: RedisConnection;
  readonly #heard: (message: string, channel: string) => void;
  readonly #wanted = new Set<string>();
  /** On the present connection. */
  #held = new Set<string>();
  /** May be wanted and not held, or held and not wanted. */
  #changed = new Set<string>();
  #connections = 0;
  #settling = false;

  /** @param heard Called with each message. It must not throw. */
  constructor(connection: RedisConnection, heard: (message: string, channel: string) => void) {
    this.#connection = connection;
    this.#heard = heard;
  }

  want(channel: string): void {
    this.#wanted.add(channel);
    this.#changed.add(channel);
    void this.#settle();
  }

  drop(channel: string): void {
    this.#wanted.delete(channel);
    this.#changed.add(channel);
    void this.#settle();
  }

  /** There is a new connection, which holds nothing. */
  connected(): void {
    this.#connections += 1;
    this.#held = new Set();
    this.#changed = new Set(this.#wanted);
    void this.#settle();
  }

  /** Never rejects. Ends when all is told, or Redis does not take it: then a change or a connection begins anew. */
  async #settle(): Promise<void> {
    if (this.#settling || !this.#connection.connected) return;
    this.#settling = true;
    while (this.#changed.size > 0) {
      const connection = this.#connections;
      const told = this.#take();
      const added = told.filter((channel) => this.#wanted.has(channel) && !this.#held.has(channel));
      const removed = told.filter((channel) => !this.#wanted.has(channel) && this.#held.has(channel));
      const done = await this.#tell(added, removed);
      if (connection !== this.#connections) continue;
      if (done === null) {
        for (const channel of told) this.#changed.add(channel);
        break;
      }
      for (const channel of added) this.#held.add(channel);
      for (const channel of removed) this.#held.delete(channel);
    }
    this.#settling = false;
  }

  #take(): readonly string[] {
    const taken = [...this.#changed].slice(0, batch);
    for (const channel of taken) this.#changed.delete(channel);
    return taken;
  }

  #tell(added: string[], removed: string[]): Promise<unknown> {
    return this.#connection.ask((client) =>
      Promise.all([
        added.length === 0 ? null : client.subscribe(added, this.#heard),
        removed.length === 0 ? null : client.unsubscribe(removed),
      ]),
    );
  }
}
