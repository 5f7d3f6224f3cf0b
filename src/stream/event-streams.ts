/**
 * A node's view of the logs: every append of the node goes through here (redacted, told to the bus after its
 * commit), and every reader of a conversation shares one feed, which lives as long as it has readers.
 */
import { type Clock, delay } from '../clock.ts';
import type { Bus, Frame } from '../cluster/bus.ts';
import { ConveneError, isError } from '../errors.ts';
import type { NewEvent } from '../events/event.ts';
import { messageLine } from '../events/message-line.ts';
import type { Redactor } from '../events/redaction.ts';
import type { AppendRequest, AppendResult, EventStore } from '../store/event-store.ts';
import { EventStream } from './event-stream.ts';
import { Feed, type FeedReader, type FeedSink } from './feed.ts';

export interface EventStreamsOptions {
  readonly store: EventStore;
  readonly bus: Bus;
  readonly clock: Clock;
  /** Takes a conversation's secrets out of what is appended or streamed. */
  readonly redactor: (sid: string) => Redactor | Promise<Redactor>;
  /** How often feeds look for what no hint told of, in ms. @default 1000; 30000 with a reliable bus */
  readonly pollMs?: number;
  readonly onError?: (error: unknown, what: string) => void;
}

interface OpenFeed {
  readonly feed: Promise<Feed>;
  /** Set once it is open. */
  opened: Feed | null;
  users: number;
  readonly unlisten: () => void;
}

/** A commit whose answer was lost is asked for again this often before the caller is told. */
const APPEND_TRIES = 4;
const APPEND_RETRY_MS = 25;

export class EventStreams {
  readonly store: EventStore;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly #redactor: EventStreamsOptions['redactor'];
  readonly #onError: NonNullable<EventStreamsOptions['onError']>;
  readonly #pollMs: number;
  readonly #feeds = new Map<string, OpenFeed>();
  #cancelPoll: (() => void) | null = null;
  #polling: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: EventStreamsOptions) {
    this.store = options.store;
    this.bus = options.bus;
    this.clock = options.clock;
    this.#redactor = options.redactor;
    this.#onError = options.onError ?? (() => {});
    this.#pollMs = options.pollMs ?? (options.bus.reliable ? 30_000 : 1_000);
  }

  start(): void {
    this.#schedulePoll();
  }

  /** The view of one conversation's log. Costs nothing until it is read. */
  stream(sid: string): EventStream {
    return new EventStream(this, sid);
  }

  /**
   * Redacts, appends durably and tells whoever listens. A commit whose answer was lost is asked for again by
   * its key, so `outcome_unknown` reaches the caller only where there is no key or the store stays away.
   *
   * `answerFirst`: the caller goes on before others are told, which they are in the same turn of the event loop.
   */
  async append(request: AppendRequest, answerFirst = false): Promise<AppendResult> {
    const pending = this.#redactor(request.sid);
    const redactor = pending instanceof Promise ? await pending : pending;
    const prepared = { ...request, events: request.events.map((event) => prepare(event, redactor)) };
    const result = await this.#appendSurely(prepared);
    const id = result.outcome === 'appended' ? result.events.at(-1)?.id : undefined;
    if (result.outcome !== 'appended' || id === undefined) return result;
    const publish = (): void => this.bus.publish({ sid: request.sid, id, events: result.events });
    if (answerFirst) process.nextTick(publish);
    else publish();
    return result;
  }

  /** Shows a frame, redacted, to whoever watches the conversation now. */
  publishFrame(sid: string, frame: Frame): void {
    const pending = this.#redactor(sid);
    if (pending instanceof Promise) {
      pending.then(
        (redactor) => this.bus.publishFrame(sid, redacted(frame, redactor)),
        (error: unknown) => this.#onError(error, 'frame'),
      );
    } else this.bus.publishFrame(sid, redacted(frame, pending));
  }

  /** Tells of a failure that nobody waits for. */
  report(error: unknown, what: string): void {
    this.#onError(error, what);
  }

  redactor(sid: string): Redactor | Promise<Redactor> {
    return this.#redactor(sid);
  }

  /** Reads events in order after `cursor` (one above the head counts as the head) for as long as it is not closed. */
  async follow(sid: string, cursor: number, sink: FeedSink): Promise<FeedReader> {
    const { feed, release } = await this.#acquire(sid);
    try {
      let from = cursor;
      if (from > feed.cursor) {
        const head = (await this.store.heads([sid])).get(sid) ?? -1;
        from = Math.min(from, Math.max(head, feed.cursor));
      }
      return leased(feed, from, sink, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Reads events in order from now on. */
  async followLive(sid: string, sink: FeedSink): Promise<FeedReader> {
    const { feed, release } = await this.#acquire(sid);
    return leased(feed, feed.cursor, sink, release);
  }

  /** Resolves when the feed of this conversation, if there is one, has delivered everything up to `id`. */
  async reached(sid: string, id: number): Promise<void> {
    await this.#feeds.get(sid)?.opened?.reach(id);
  }

  /** Closes the feed of a conversation that is gone. */
  forget(sid: string, error: unknown): void {
    const entry = this.#feeds.get(sid);
    if (entry === undefined) return;
    entry.opened?.close(error);
    this.#drop(sid, entry);
  }

  /** Asks the store once for all feeds whether their logs have grown. */
  async poll(): Promise<void> {
    const sids = [...this.#feeds.keys()];
    if (sids.length === 0) return;
    const heads = await this.store.heads(sids);
    for (const [sid, id] of heads) this.#feeds.get(sid)?.opened?.hint({ id });
    for (const sid of sids) if (!heads.has(sid)) this.forget(sid, conversationIsGone());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelPoll?.();
    await this.#polling;
    for (const [sid, entry] of [...this.#feeds]) {
      entry.opened?.close();
      this.#drop(sid, entry);
    }
  }

  async #appendSurely(request: AppendRequest): Promise<AppendResult> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.store.append(request);
      } catch (error) {
        const retriable = isError(error, 'outcome_unknown') && request.key !== undefined;
        if (!retriable || attempt === APPEND_TRIES || this.#closed) throw error;
        await delay(this.clock, APPEND_RETRY_MS * attempt);
      }
    }
  }

  /** The feed of a conversation, and what gives it back. */
  async #acquire(sid: string): Promise<{ feed: Feed; release: () => void }> {
    if (this.#closed) throw new ConveneError('draining');
    let entry = this.#feeds.get(sid);
    if (entry === undefined) {
      entry = this.#openFeed(sid);
      this.#feeds.set(sid, entry);
    }
    const used = entry;
    used.users += 1;
    let given = false;
    const release = (): void => {
      if (given) return;
      given = true;
      used.users -= 1;
      if (used.users > 0) return;
      used.opened?.close();
      this.#drop(sid, used);
    };
    try {
      return { feed: await used.feed, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #openFeed(sid: string): OpenFeed {
    // Listening begins before the head is read: what is appended in between is then known to be missing.
    let early = -1;
    const unlisten = this.bus.listen(sid, {
      hint: (hint) => {
        if (entry.opened !== null) entry.opened.hint(hint);
        else if (hint.id > early) early = hint.id;
      },
      frame: () => {},
    });
    const open = async (): Promise<Feed> => {
      const head = (await this.store.heads([sid])).get(sid);
      if (this.#closed) throw new ConveneError('draining');
      // Forgotten while it was looked up: then nobody would ever close this feed.
      const isGone = head === undefined || this.#feeds.get(sid) !== entry;
      if (isGone) throw new ConveneError('conversation_not_found');
      const feed = new Feed({
        sid,
        source: this.store,
        clock: this.clock,
        head,
        onRetry: (error) => this.#onError(error, 'feed'),
      });
      entry.opened = feed;
      if (early > head) feed.hint({ id: early });
      return feed;
    };
    const entry: OpenFeed = { feed: open(), opened: null, users: 0, unlisten };
    return entry;
  }

  #drop(sid: string, entry: OpenFeed): void {
    entry.unlisten();
    if (this.#feeds.get(sid) === entry) this.#feeds.delete(sid);
  }

  #schedulePoll(): void {
    if (this.#closed) return;
    this.#cancelPoll = this.clock.after(this.#pollMs, () => {
      this.#polling = this.poll()
        .catch((error: unknown) => this.#onError(error, 'poll'))
        .finally(() => this.#schedulePoll());
    });
  }
}

export function conversationIsGone(): ConveneError {
  return new ConveneError('conversation_not_found', 'This conversation was deleted.');
}

/** Whoever streams text in pieces redacts the stream; this is for what stands in one piece. */
function redacted(frame: Frame, { text }: Redactor): Frame {
  switch (frame.type) {
    case 'delta':
      return { ...frame, text: text(frame.text) };
    case 'title':
      return { ...frame, title: text(frame.title) };
    case 'status':
    case 'error':
      return { ...frame, message: text(frame.message) };
  }
}

/** A reader that gives its feed back when it is closed, by whomever. */
function leased(feed: Feed, cursor: number, sink: FeedSink, release: () => void): FeedReader {
  const reader = feed.follow(cursor, {
    deliver: (event, live) => sink.deliver(event, live),
    live: () => sink.live?.(),
    closed(error) {
      release();
      sink.closed?.(error);
    },
  });
  return {
    get cursor() {
      return reader.cursor;
    },
    get live() {
      return reader.live;
    },
    resume: () => reader.resume(),
    close() {
      reader.close();
      release();
    },
  };
}

function prepare(event: NewEvent, redactor: Redactor): NewEvent {
  const redacted = redactor.body(event);
  return { ...redacted, message: redacted.message ?? messageLine(redacted) };
}
