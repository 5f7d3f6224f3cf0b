/**
 * `EventStream`: the view of one conversation's log that callers hold. Append, read, search, subscribe.
 */
import { ConveneError } from '../errors.ts';
import type { NewEvent, StoredEvent } from '../events/event.ts';
import type { EventPage, EventQuery } from '../store/event-store.ts';
import { writerOf } from '../store/event-store.ts';
import type { EventStreams } from './event-streams.ts';
import type { FeedReader, FeedSink } from './feed.ts';

/** Called with each new event, in order. It may subscribe and unsubscribe, itself included, while it is called. */
export type Subscriber = (event: StoredEvent) => void;

const READ_PAGE = 500;

export class EventStream {
  readonly sid: string;
  readonly #streams: EventStreams;

  constructor(streams: EventStreams, sid: string) {
    this.#streams = streams;
    this.sid = sid;
  }

  /** The id of the newest event; -1 while there is none. Throws `conversation_not_found`. */
  async head(): Promise<number> {
    const head = (await this.#streams.store.heads([this.sid])).get(this.sid);
    if (head === undefined) throw new ConveneError('conversation_not_found');
    return head;
  }

  /**
   * Appends an event durably and answers with it as stored. For what a user does, use the manager: it also sees to
   * it that the loop runs.
   */
  async append(event: NewEvent, key?: string): Promise<StoredEvent> {
    const result = await this.#streams.append({
      sid: this.sid,
      events: [event],
      at: this.#streams.clock.now(),
      writer: writerOf.system,
      ...(key === undefined ? {} : { key }),
    });
    if (result.outcome === 'conflict') throw new ConveneError('action_id_conflict');
    const stored = result.outcome === 'appended' ? result.events[0] : undefined;
    if (stored === undefined) throw new ConveneError('conversation_not_found');
    return stored;
  }

  /** One page, as stored. */
  events(query: Omit<EventQuery, 'sid'>): Promise<EventPage> {
    return this.#streams.store.events({ ...query, sid: this.sid });
  }

  /** Everything after `after`, in order, up to the head at the time of each page; then it ends. */
  async *read(after = -1, signal?: AbortSignal): AsyncGenerator<StoredEvent, void, undefined> {
    for (let cursor = after; ; ) {
      signal?.throwIfAborted();
      const page = await this.events({ after: cursor, limit: READ_PAGE });
      yield* page.events;
      const last = page.events.at(-1);
      if (last === undefined || !page.hasMore) return;
      cursor = last.id;
    }
  }

  /** Every event after `cursor`, from the store and then live, in order, once, at the sink's pace. */
  follow(cursor: number, sink: FeedSink): Promise<FeedReader> {
    return this.#streams.follow(this.sid, cursor, sink);
  }

  /** Every event from now on. */
  followLive(sink: FeedSink): Promise<FeedReader> {
    return this.#streams.followLive(this.sid, sink);
  }

  /** Calls `subscriber` with every event from now on, until the answer is called. What it throws is reported. */
  async subscribe(subscriber: Subscriber): Promise<() => void> {
    const reader = await this.followLive({
      deliver: (event) => {
        try {
          subscriber(event);
        } catch (error) {
          this.#streams.report(error, `subscriber of ${this.sid}`);
        }
        return true;
      },
    });
    return () => reader.close();
  }
}
