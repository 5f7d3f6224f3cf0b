/**
 * The feed: a node's in-order follower of one conversation's log, shared by all its local readers.
 *
 * The feed has a `cursor`: every event up to it has been handed to every live reader, in id order, once. It
 * moves by exactly one, and only
 *   - by a hint that carries event `cursor + 1`, or
 *   - by reading the store after a hint or a poll said that there is more.
 * A hint never moves it by itself: what a hint claims without carrying it is read from the store, and
 * a claim that the store does not confirm is forgotten.
 *
 * A reader has a cursor of its own and is in one of four states:
 *
 *   catching-up ──(its cursor reached the feed's)──▶ live ──(its sink is full)──▶ paused
 *        ▲                                                                          │
 *        └───────────────────────────────(resume)───────────────────────────────────┘
 *   any ──▶ closed
 *
 * A reader that catches up reads the store at its own pace; nobody waits for it and nothing is queued for it.
 */
import { type Clock, delay } from '../clock.ts';
import type { Hint } from '../cluster/bus.ts';
import type { StoredEvent } from '../events/event.ts';
import type { EventPage, EventQuery } from '../store/event-store.ts';

/** What a feed reads: `EventStore` has it. */
export interface EventSource {
  events(query: EventQuery): Promise<EventPage>;
}

export interface FeedSink {
  /**
   * Called in id order, once for each event. False means: this one is taken, send no more until `resume`.
   * `live` tells whether every live reader gets this event now; it must not throw.
   */
  deliver(event: StoredEvent, live: boolean): boolean;
  /** Called when the reader turns live: it has all that the feed has, and gets each next event with the others. */
  live?(): void;
  /** Called once when the reader is closed by the feed (its conversation is gone, or `deliver` threw). */
  closed?(error?: unknown): void;
}

export interface FeedReader {
  /** The id of the last event delivered. */
  readonly cursor: number;
  readonly live: boolean;
  /** Goes on after `deliver` answered false; harmless at any other time. */
  resume(): void;
  close(): void;
}

type ReaderState = 'catching-up' | 'live' | 'paused' | 'closed';

const FIRST_PAGE = 64;
/** Small enough that handing one out is a short turn; the next one is read meanwhile. */
const PAGE = 64;
/** What delivers for longer lets others have a turn: a thousand clients take their time. */
const SLICE_MS = 2;
/** The same for a page of one reader. */
const PAGE_MS = 0.5;
/** Events that wait for their turn; what comes beyond is read from the store again. */
const WAITING = 512;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 2_000;

export interface FeedOptions {
  readonly sid: string;
  readonly source: EventSource;
  readonly clock: Clock;
  /** The head of the log when the feed was opened. */
  readonly head: number;
  /** The store failed, and the feed tries again. */
  readonly onRetry?: (error: unknown) => void;
}

export class Feed {
  readonly sid: string;
  readonly #source: EventSource;
  readonly #clock: Clock;
  readonly #onRetry: (error: unknown) => void;
  readonly #live = new Set<Reader>();
  readonly #readers = new Set<Reader>();
  #closing: AbortController | null = null;
  #closed = false;
  #cursor: number;
  /** The highest id that anybody told of. */
  #known: number;
  #filling: Promise<void> | null = null;
  #delivering = false;
  #offered: StoredEvent[] = [];
  #waiters: { id: number; resolve: () => void }[] = [];

  constructor(options: FeedOptions) {
    this.sid = options.sid;
    this.#source = options.source;
    this.#clock = options.clock;
    this.#onRetry = options.onRetry ?? (() => {});
    this.#cursor = options.head;
    this.#known = options.head;
  }

  /** Every event up to this id has been delivered to every live reader. */
  get cursor(): number {
    return this.#cursor;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /**
   * Starts reading after `cursor`, which must not be above the head of the log. It may be above the feed's own
   * cursor (a client that comes from another node): the reader then waits for the feed.
   */
  follow(cursor: number, sink: FeedSink): FeedReader {
    const reader = new Reader(this, Math.max(cursor, -1), sink);
    this.#readers.add(reader);
    this.#catchUp(reader);
    return reader;
  }

  /** Takes news of the log, which may be late, repeated, out of order or wrong. */
  hint(hint: Pick<Hint, 'id' | 'events'>): void {
    if (this.#closed) return;
    if (hint.id > this.#known) this.#known = hint.id;
    if (hint.events !== undefined) this.#offer(hint.events);
    if (!this.#delivering && this.#known > this.#cursor) this.#fill();
  }

  /** Resolves when everything up to `id` has been delivered to the live readers, or the feed is closed. */
  reach(id: number): Promise<void> {
    if (this.#closed || this.#cursor >= id) return Promise.resolve();
    const reached = new Promise<void>((resolve) => {
      this.#waiters.push({ id, resolve });
    });
    this.hint({ id });
    return reached;
  }

  /** Closes every reader. With an error, tells each why. */
  close(error?: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closing?.abort(new Error('feed closed'));
    for (const reader of [...this.#readers]) reader.end(error);
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
  }

  /** Delivers those of `events` that come next; drops the others (the store has them). */
  #offer(events: readonly StoredEvent[]): void {
    if (this.#offered.length < WAITING) this.#offered.push(...events);
    // A sink that appends while it is called brings hints in here, and so does whoever appends between two slices: they
    // wait for their turn, so that no reader meets event n + 1 before n.
    if (!this.#delivering) this.#deliver();
  }

  #deliver(): void {
    if (this.#closed) return;
    this.#delivering = true;
    const until = this.#clock.monotonic() + SLICE_MS;
    let next = 0;
    for (let event = this.#offered[next]; event !== undefined; event = this.#offered[next]) {
      next += 1;
      if (event.id !== this.#cursor + 1) continue;
      this.#cursor = event.id;
      if (this.#known < event.id) this.#known = event.id;
      for (const reader of this.#live) reader.take(event, true);
      if (this.#clock.monotonic() >= until && next < this.#offered.length) {
        this.#offered.splice(0, next);
        this.#settle();
        this.#clock.after(0, () => this.#deliver());
        return;
      }
    }
    this.#offered = [];
    this.#delivering = false;
    this.#settle();
    if (this.#known > this.#cursor && !this.#closed) this.#fill();
  }

  #settle(): void {
    if (this.#waiters.length === 0) return;
    const reached = this.#waiters.filter((waiter) => waiter.id <= this.#cursor);
    if (reached.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.id > this.#cursor);
    for (const waiter of reached) waiter.resolve();
  }

  #fill(): void {
    this.#filling ??= this.#readGap().finally(() => {
      this.#filling = null;
      if (!this.#closed && !this.#delivering && this.#known > this.#cursor) this.#fill();
    });
  }

  /** Reads the store until the cursor is where the store says that the log ends. */
  async #readGap(): Promise<void> {
    while (!this.#closed && this.#known > this.#cursor) {
      const claimed = this.#known;
      const page = await this.read({ sid: this.sid, after: this.#cursor, limit: PAGE }, this.#signal());
      if (page === null) return;
      this.#offer(page.events);
      // A slice is under way: when it is over, it fills what is still missing.
      if (this.#delivering) return;
      // Nothing more in the store: whoever claimed more was wrong, or speaks of a conversation that is gone.
      if (!page.hasMore && this.#known === claimed) this.#known = this.#cursor;
    }
    for (const waiter of this.#waiters.splice(0)) waiter.resolve();
  }

  /** Reads a page, trying again for as long as the store is not available; null once `signal` is aborted. */
  async read(query: EventQuery, signal: AbortSignal): Promise<EventPage | null> {
    for (let wait = RETRY_MIN_MS; ; wait = Math.min(wait * 2, RETRY_MAX_MS)) {
      try {
        const page = await this.#source.events(query);
        return signal.aborted ? null : page;
      } catch (error) {
        if (signal.aborted) return null;
        this.#onRetry(error);
      }
      try {
        await delay(this.#clock, wait, signal);
      } catch {
        return null; // aborted while it waited
      }
    }
  }

  #signal(): AbortSignal {
    this.#closing ??= new AbortController();
    return this.#closing.signal;
  }

  #catchUp(reader: Reader): void {
    if (this.#closed) {
      reader.end();
      return;
    }
    if (this.#joinLive(reader)) return;
    reader.catchUp((query, signal) => this.read(query, signal));
  }

  /** Makes a reader that has exactly what the feed has delivered a live one. */
  #joinLive(reader: Reader): boolean {
    if (reader.cursor !== this.#cursor) return false;
    this.#live.add(reader);
    reader.goLive();
    return true;
  }

  /** For readers only. */
  readonly internals = {
    /** Begins a piece of work. What is returned ends it: with a turn for others, where it took long. */
    work: (): (() => Promise<void> | null) => {
      const begun = this.#clock.monotonic();
      return () => (this.#clock.monotonic() - begun >= PAGE_MS ? delay(this.#clock, 0) : null);
    },
    joinLive: (reader: Reader): boolean => this.#joinLive(reader),
    leaveLive: (reader: Reader): void => {
      this.#live.delete(reader);
    },
    catchUp: (reader: Reader): void => this.#catchUp(reader),
    forget: (reader: Reader): void => {
      this.#live.delete(reader);
      this.#readers.delete(reader);
    },
  };
}

class Reader implements FeedReader {
  readonly #feed: Feed;
  readonly #sink: FeedSink;
  #state: ReaderState = 'catching-up';
  #cursor: number;
  #reading: AbortController | null = null;
  /** How many events it took before it was full; null while it never was. */
  #appetite: number | null = null;
  #taken = 0;

  constructor(feed: Feed, cursor: number, sink: FeedSink) {
    this.#feed = feed;
    this.#cursor = cursor;
    this.#sink = sink;
  }

  get cursor(): number {
    return this.#cursor;
  }

  get live(): boolean {
    return this.#state === 'live';
  }

  goLive(): void {
    this.#state = 'live';
    this.#sink.live?.();
  }

  /** Hands one event to the sink. What is at or below the cursor was delivered before. */
  take(event: StoredEvent, live: boolean): void {
    if (this.#state === 'closed' || event.id <= this.#cursor) return;
    this.#cursor = event.id;
    this.#taken += 1;
    let more: boolean;
    try {
      more = this.#sink.deliver(event, live);
    } catch (error) {
      this.end(error);
      return;
    }
    if (!more && !this.#isClosed()) {
      this.#feed.internals.leaveLive(this);
      // A live one was full for another reason than what is read from the store.
      this.#appetite = Math.min(this.#taken, live ? FIRST_PAGE : PAGE);
      this.#taken = 0;
      this.#state = 'paused';
    }
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'catching-up';
    this.#feed.internals.catchUp(this);
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#reading?.abort(new Error('reader closed'));
    this.#feed.internals.forget(this);
  }

  /** Closes and tells the sink. */
  end(error?: unknown): void {
    if (this.#state === 'closed') return;
    this.close();
    this.#sink.closed?.(error);
  }

  catchUp(read: (query: EventQuery, signal: AbortSignal) => Promise<EventPage | null>): void {
    if (this.#reading !== null) return; // the loop that runs sees the new state
    const reading = new AbortController();
    this.#reading = reading;
    this.#readPages(read, reading.signal).then(
      () => {
        this.#reading = null;
        reading.abort(new Error('nothing more is read')); // what was read ahead is not needed
        // Paused and resumed while the last page was on its way.
        if (this.#state === 'catching-up') this.#feed.internals.catchUp(this);
      },
      (error: unknown) => this.end(error),
    );
  }

  async #readPages(
    read: (query: EventQuery, signal: AbortSignal) => Promise<EventPage | null>,
    signal: AbortSignal,
  ): Promise<void> {
    // Not beyond the feed's cursor: events above it are the feed's to deliver, once it has them.
    const readAfter = (after: number, limit: number): Promise<EventPage | null> =>
      read({ sid: this.#feed.sid, after, before: this.#feed.cursor + 1, limit }, signal);
    let ahead: Promise<EventPage | null> | null = null;
    // One that is full after a few events reads no more of them: what is read and not taken is read again.
    let limit = this.#appetite ?? FIRST_PAGE;
    let readsAhead = this.#appetite === null;
    while (this.#state === 'catching-up' && !this.#feed.internals.joinLive(this)) {
      if (this.#cursor > this.#feed.cursor) {
        await this.#feed.reach(this.#cursor);
        if (this.#cursor > this.#feed.cursor) this.end(); // the log has shrunk: its conversation was deleted
        continue;
      }
      const page: EventPage | null = await (ahead ?? readAfter(this.#cursor, limit));
      if (page === null) return;
      const last = page.events.at(-1);
      if (last === undefined) {
        this.end(); // the log has shrunk: its conversation was deleted
        return;
      }
      limit = readsAhead ? PAGE : Math.min(limit * 2, PAGE);
      // The next page is on its way while this one is handed out.
      ahead = page.hasMore && readsAhead ? readAfter(last.id, limit) : null;
      readsAhead = true;
      // The next page may be there already: others have their turn before it.
      const done = this.#feed.internals.work();
      for (const event of page.events) {
        if (this.#state !== 'catching-up') return;
        this.take(event, false);
      }
      const turn = done();
      if (turn !== null) await turn;
    }
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }
}
