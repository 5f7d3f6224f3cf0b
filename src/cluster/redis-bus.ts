/**
 * `Bus` over Redis. Those who listen on this node are told at once and directly; the other nodes by one channel for each
 * conversation, which a node is subscribed to while somebody listens there, and one for the whole cluster. While Redis is
 * away, what is published is lost for the other nodes.
 *
 * A message is the 32 hex digits of its sender, a space, and JSON.
 */
import type { Clock } from '../clock.ts';
import { type Bus, type BusListener, type Frame, type Hint, LocalBus, type Note } from './bus.ts';
import { readMessage, readNote, writeFrame, writeHint, writeNote } from './bus-messages.ts';
import { RedisConnection } from './redis-connection.ts';
import { RedisSubscriptions } from './redis-subscriptions.ts';
import { SeldomWarnings } from './seldom.ts';

export interface RedisBusOptions {
  readonly url: string;
  readonly clusterId: string;
  readonly clock: Clock;
  /** Told when Redis goes and comes, and of messages that can't be read. */
  readonly onWarning: (message: string) => void;
}

/** Of messages that Redis has not taken yet, in UTF-16 units. What comes beyond is lost. */
const maxUnderWay = 8 * 1024 * 1024;

export class RedisBus implements Bus {
  readonly reliable = false;
  readonly #local = new LocalBus();
  readonly #connection: RedisConnection;
  readonly #subscriptions: RedisSubscriptions;
  readonly #warnings: SeldomWarnings;
  /** Before each message of this node: Redis brings them back. */
  readonly #signature: string;
  readonly #conversations: string;
  readonly #notes: string;
  #underWay = 0;

  constructor({ clock, clusterId, onWarning, url }: RedisBusOptions) {
    this.#signature = `${clock.id()} `;
    this.#conversations = `convene:${clusterId}:c:`;
    this.#notes = `convene:${clusterId}:notes`;
    this.#warnings = new SeldomWarnings(clock, onWarning);
    this.#connection = new RedisConnection({
      url,
      clock,
      purpose: 'bus',
      onConnected: () => this.#subscriptions.connected(),
      onWarning,
    });
    this.#subscriptions = new RedisSubscriptions(this.#connection, (message, channel) =>
      this.#heard(message, channel),
    );
  }

  /** Resolves within three seconds, whether Redis is there or not. Throws `invalid_config` for what is no URL of Redis. */
  async start(): Promise<void> {
    this.#subscriptions.want(this.#notes);
    await this.#connection.start();
  }

  publish(hint: Hint): void {
    this.#local.publish(hint);
    this.#send(this.#conversations + hint.sid, () => writeHint(hint));
  }

  publishFrame(sid: string, frame: Frame): void {
    this.#local.publishFrame(sid, frame);
    this.#send(this.#conversations + sid, () => writeFrame(frame));
  }

  publishNote(note: Note): void {
    this.#local.publishNote(note);
    this.#send(this.#notes, () => writeNote(note));
  }

  listen(sid: string, listener: BusListener): () => void {
    const channel = this.#conversations + sid;
    if (!this.#local.isHeard(sid)) this.#subscriptions.want(channel);
    const leave = this.#local.listen(sid, listener);
    return () => {
      const wasHeard = this.#local.isHeard(sid);
      leave();
      if (wasHeard && !this.#local.isHeard(sid)) this.#subscriptions.drop(channel);
    };
  }

  listenToNotes(listener: (note: Note) => void): () => void {
    return this.#local.listenToNotes(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#local[Symbol.asyncDispose]();
    await this.#connection[Symbol.asyncDispose]();
  }

  #send(channel: string, write: () => string): void {
    if (!this.#connection.connected) return;
    const message = this.#signature + write();
    if (this.#underWay + message.length > maxUnderWay) {
      this.#warnings.warn('behind', 'Redis takes messages too slowly: some are lost.');
      return;
    }
    void this.#deliver(channel, message);
  }

  async #deliver(channel: string, message: string): Promise<void> {
    this.#underWay += message.length;
    await this.#connection.ask((client) => client.publish(channel, message));
    this.#underWay -= message.length;
  }

  #heard(message: string, channel: string): void {
    if (message.startsWith(this.#signature)) return;
    const text = message.slice(this.#signature.length);
    try {
      const read = channel === this.#notes ? this.#tellNote(text) : this.#tell(channel, text);
      if (!read)
        this.#warnings.warn('unreadable', 'A message from another node can not be read. It is dropped.');
    } catch (error) {
      this.#warnings.warn('listener', `A listener of the bus has failed: ${error}`);
    }
  }

  #tellNote(text: string): boolean {
    const note = readNote(text);
    if (note !== null) this.#local.publishNote(note);
    return note !== null;
  }

  #tell(channel: string, text: string): boolean {
    const message = readMessage(text);
    if (message === null) return false;
    const sid = channel.slice(this.#conversations.length);
    if ('frame' in message) this.#local.publishFrame(sid, message.frame);
    else this.#local.publish({ sid, ...message });
    return true;
  }
}
