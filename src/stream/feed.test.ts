import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventLog, message } from '../../test/fixtures/event-log.ts';
import type { Hint } from '../cluster/bus.ts';
import { ConveneError } from '../errors.ts';
import type { StoredEvent } from '../events/event.ts';
import type { EventPage, EventQuery } from '../store/event-store.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { type EventSource, Feed, type FeedReader, type FeedSink } from './feed.ts';

/** A log that grows when it is told to, and may be away. */
class Source implements EventSource {
  readonly log = new EventLog();
  readonly queries: EventQuery[] = [];
  isAway = false;
  /** Called while a page is on its way. */
  onRead: (() => void) | null = null;

  /** The hint that tells of what was appended. */
  append(count = 1): Hint & { readonly events: readonly StoredEvent[] } {
    const first = this.log.append(...Array.from({ length: count }, () => message('hello')));
    return { sid: 's', id: this.head, events: this.log.events.slice(first) };
  }

  get head(): number {
    return this.log.events.length - 1;
  }

  async events(query: EventQuery): Promise<EventPage> {
    this.queries.push(query);
    if (this.isAway) throw new ConveneError('store_unavailable');
    const { after = -1, before = Infinity, limit } = query;
    const found = this.log.events.filter(({ id }) => id > after && id < before);
    await Promise.resolve();
    this.onRead?.();
    return { events: found.slice(0, limit), hasMore: found.length > limit };
  }
}

/** Keeps what it was given, and may have enough of it. */
class Sink implements FeedSink {
  readonly ids: number[] = [];
  /** Those given to it with all live readers at once. */
  readonly liveIds: number[] = [];
  readonly closings: unknown[] = [];
  turnedLive = 0;
  /** Called with each event; false: it is full. */
  readonly #react: (event: StoredEvent) => boolean | undefined;

  constructor(react: (event: StoredEvent) => boolean | undefined = () => true) {
    this.#react = react;
  }

  deliver(event: StoredEvent, live: boolean): boolean {
    this.ids.push(event.id);
    if (live) this.liveIds.push(event.id);
    return this.#react(event) ?? true;
  }

  live(): void {
    this.turnedLive += 1;
  }

  closed(error?: unknown): void {
    this.closings.push(error);
  }
}

function begin(events = 0) {
  const clock = new VirtualClock();
  const source = new Source();
  if (events > 0) source.append(events);
  const retries: unknown[] = [];
  const feed = new Feed({
    sid: 's',
    source,
    clock,
    head: source.head,
    onRetry: (error) => retries.push(error),
  });
  return { clock, source, feed, retries, settle: () => clock.advance(0) };
}

function upTo(end: number, from = 0): number[] {
  return Array.from({ length: end - from }, (_, index) => from + index);
}

describe('a hint', () => {
  it('that carries the next event is delivered at once, and nothing is read', () => {
    const { feed, source } = begin();
    const sink = new Sink();
    feed.follow(-1, sink);
    feed.hint(source.append());
    feed.hint(source.append(2));
    expect(sink.liveIds).toEqual([0, 1, 2]);
    expect(source.queries).toEqual([]);
  });

  it('that comes again is dropped', async () => {
    const { feed, source, settle } = begin();
    const sink = new Sink();
    feed.follow(-1, sink);
    const hint = source.append(2);
    feed.hint(hint);
    feed.hint(hint);
    await settle();
    expect(sink.ids).toEqual([0, 1]);
    expect(source.queries).toEqual([]);
  });

  it('that carries what is known and what is new delivers what is new', () => {
    const { feed, source } = begin();
    const sink = new Sink();
    feed.follow(-1, sink);
    feed.hint(source.append());
    source.append();
    feed.hint({ id: 1, events: source.log.events });
    expect(sink.ids).toEqual([0, 1]);
  });

  it('that carries nothing makes the feed read', async () => {
    const { feed, source, settle } = begin();
    const sink = new Sink();
    feed.follow(-1, sink);
    feed.hint({ id: source.append(3).id });
    await settle();
    expect(sink.ids).toEqual([0, 1, 2]);
  });

  it('that comes before another makes the feed read what is between, in order', async () => {
    const { feed, source, settle } = begin();
    const sink = new Sink();
    feed.follow(-1, sink);
    const [first, second] = [source.append(), source.append()];
    feed.hint(second);
    expect(sink.ids).toEqual([]);
    feed.hint(first);
    await settle();
    expect(sink.ids).toEqual([0, 1]);
  });

  it('that claims what the log does not have is forgotten, and does not stand in the way of what comes', async () => {
    const { feed, source, settle } = begin(1);
    const sink = new Sink();
    feed.follow(0, sink);
    feed.hint({ id: 99 });
    await settle();
    expect(source.queries).toHaveLength(1);
    expect(feed.cursor).toBe(0);
    feed.hint(source.append());
    expect(sink.ids).toEqual([1]);
    await settle();
    expect(source.queries).toHaveLength(1);
  });

  it('may be lost, repeated, reordered or wrong: every reader gets every event once and in order', async () => {
    const news = fc.record({
      growth: fc.integer({ min: 1, max: 3 }),
      copies: fc.integer({ min: 0, max: 3 }),
      bare: fc.boolean(),
      lies: fc.nat(4),
      settles: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(news, { maxLength: 20 }),
        fc.infiniteStream(fc.nat()),
        async (all, random) => {
          const { feed, source, settle } = begin(3);
          const sinks = [-1, 0, 2].map((cursor) => ({ cursor, sink: new Sink() }));
          for (const { cursor, sink } of sinks) feed.follow(cursor, sink);
          let hints: Pick<Hint, 'id' | 'events'>[] = [];
          for (const { growth, copies, bare, lies, settles } of all) {
            const hint = source.append(growth);
            const told = bare ? { id: hint.id + lies } : { ...hint, id: hint.id + lies };
            hints.push(...Array.from({ length: copies }, () => told));
            if (!settles) continue;
            hints = hints.sort(() => (random.next().value % 2 === 0 ? 1 : -1));
            for (const one of hints.splice(0)) feed.hint(one);
            await settle();
          }
          feed.hint({ id: source.head }); // what a poll tells
          await settle();
          for (const { cursor, sink } of sinks) expect(sink.ids).toEqual(upTo(source.head + 1, cursor + 1));
        },
      ),
    );
  });
});

describe('a reader', () => {
  it('that has all that the feed has is live from the start', () => {
    const { feed } = begin(3);
    const sink = new Sink();
    const reader = feed.follow(2, sink);
    expect(reader.live).toBe(true);
    expect(sink.turnedLive).toBe(1);
  });

  it('that comes from behind reads the log, turns live once, and gets the rest with the others', async () => {
    const { feed, source, settle } = begin(3);
    const sink = new Sink();
    const reader = feed.follow(0, sink);
    expect(reader.live).toBe(false);
    await settle();
    expect(reader.live).toBe(true);
    feed.hint(source.append());
    expect(sink.ids).toEqual([1, 2, 3]);
    expect(sink.liveIds).toEqual([3]);
    expect(sink.turnedLive).toBe(1);
    expect(reader.cursor).toBe(3);
  });

  it('that reads a long log meanwhile misses nothing and gets nothing twice, however the log grows', async () => {
    const { feed, source, settle } = begin(2_000);
    const sink = new Sink();
    let pages = 0;
    source.onRead = () => {
      pages += 1;
      if (pages < 20) feed.hint(source.append(3));
    };
    feed.follow(-1, sink);
    await settle();
    expect(pages).toBeGreaterThan(3);
    expect(sink.ids).toEqual(upTo(source.head + 1));
  });

  it('reads the log in pages, the first of them small', async () => {
    const { feed, source, settle } = begin(1_000);
    feed.follow(-1, new Sink());
    await settle();
    const limits = source.queries.map(({ limit }) => limit);
    expect(limits[0]).toBeLessThan(100);
    expect(Math.max(...limits)).toBeLessThanOrEqual(512);
  });

  it('that is ahead of the feed waits for it, and gets what comes after its own cursor', async () => {
    const { feed, source, settle } = begin(1);
    source.append(3);
    const sink = new Sink();
    const reader = feed.follow(2, sink);
    await settle();
    expect(feed.cursor).toBe(3);
    expect(sink.ids).toEqual([3]);
    feed.hint(source.append());
    expect(sink.ids).toEqual([3, 4]);
    expect(reader.live).toBe(true);
  });

  it('that is ahead of the whole log is told that the log is gone', async () => {
    const { feed, settle } = begin(1);
    const sink = new Sink();
    feed.follow(9, sink);
    await settle();
    expect(sink.closings).toEqual([undefined]);
    expect(feed.readers).toBe(0);
  });

  it('that finds the log shorter than it was is told that it is gone', async () => {
    const { feed, source, settle } = begin(3);
    source.log.events.length = 0;
    const sink = new Sink();
    feed.follow(-1, sink);
    await settle();
    expect(sink.closings).toEqual([undefined]);
  });

  it('whose sink throws is closed and told why; the others do not notice', () => {
    const { feed, source } = begin();
    const broken = new Sink(() => {
      throw new Error('full disk');
    });
    const other = new Sink();
    feed.follow(-1, broken);
    feed.follow(-1, other);
    feed.hint(source.append(2));
    expect(broken.ids).toEqual([0]);
    expect(broken.closings).toEqual([new Error('full disk')]);
    expect(other.ids).toEqual([0, 1]);
    expect(feed.readers).toBe(1);
  });

  it('that is closed gets nothing more, and is not told', async () => {
    const { feed, source, settle } = begin(3);
    const sink = new Sink();
    const reader = feed.follow(-1, sink);
    reader.close();
    reader.close();
    await settle();
    feed.hint(source.append());
    expect(sink).toMatchObject({ ids: [], closings: [] });
    expect(feed.readers).toBe(0);
  });

  it('that closes itself in the middle of a page gets nothing more', async () => {
    const { feed, settle } = begin(3);
    const sink: Sink = new Sink(({ id }) => {
      if (id === 1) reader.close();
      return true;
    });
    const reader: FeedReader = feed.follow(-1, sink);
    await settle();
    expect(sink.ids).toEqual([0, 1]);
  });
});

describe('a slow reader', () => {
  it('is sent nothing more once it is full, and delays nobody', async () => {
    const { feed, source, settle } = begin();
    const slow = new Sink(({ id }) => id < 1);
    const quick = new Sink();
    const reader = feed.follow(-1, slow);
    feed.follow(-1, quick);
    feed.hint(source.append(5));
    await settle();
    expect(slow.ids).toEqual([0, 1]);
    expect(reader.live).toBe(false);
    expect(quick.ids).toEqual(upTo(5));
  });

  it('reads what it has missed from the log when it goes on, and is live again', async () => {
    const { feed, source, settle } = begin();
    let isFull = true;
    const sink = new Sink(() => !isFull);
    const reader = feed.follow(-1, sink);
    feed.hint(source.append(5));
    expect(sink.ids).toEqual([0]);
    isFull = false;
    reader.resume();
    await settle();
    feed.hint(source.append());
    expect(sink.ids).toEqual(upTo(6));
    expect(sink.liveIds).toEqual([0, 5]);
    expect(sink.turnedLive).toBe(2);
  });

  it('may be full while it catches up, page after page', async () => {
    const { feed, source, settle } = begin(300);
    const sink = new Sink(() => false);
    const reader = feed.follow(-1, sink);
    for (let count = 1; count <= 300; count += 1) {
      await settle();
      expect(sink.ids).toHaveLength(count);
      reader.resume();
    }
    await settle();
    expect(sink.ids).toEqual(upTo(300));
    expect(reader.live).toBe(true);
    expect(source.queries.every(({ limit }) => limit <= 512)).toBe(true);
  });

  it('may go on before the page that filled it is at its end', async () => {
    const { feed, settle } = begin(10);
    let reader: FeedReader | null = null;
    const sink = new Sink(() => {
      void Promise.resolve().then(() => reader?.resume());
      return false;
    });
    reader = feed.follow(-1, sink);
    await settle();
    expect(sink.ids).toEqual(upTo(10));
  });

  it('may be told to go on at any other time: that changes nothing', async () => {
    const { feed, source, settle } = begin(3);
    const sink = new Sink();
    const reader = feed.follow(-1, sink);
    reader.resume();
    await settle();
    reader.resume();
    feed.hint(source.append());
    reader.close();
    reader.resume();
    feed.hint(source.append());
    await settle();
    expect(sink.ids).toEqual([0, 1, 2, 3]);
  });
});

describe('readers that change while they are called', () => {
  it('an event that is appended by a reader comes after the present one, for every reader', async () => {
    const { feed, source, settle } = begin();
    const order: string[] = [];
    const answers = new Sink(({ id }) => {
      order.push(`first ${id}`);
      if (id < 3) feed.hint(source.append());
      return true;
    });
    const listens = new Sink(({ id }) => {
      order.push(`second ${id}`);
      return true;
    });
    feed.follow(-1, answers);
    feed.follow(-1, listens);
    feed.hint(source.append());
    await settle();
    expect(order).toEqual(upTo(4).flatMap((id) => [`first ${id}`, `second ${id}`]));
  });

  it('one that is closed by another is not called any more', () => {
    const { feed, source } = begin();
    const closes = new Sink(() => {
      reader.close();
      return true;
    });
    const closed = new Sink();
    feed.follow(-1, closes);
    const reader = feed.follow(-1, closed);
    feed.hint(source.append(2));
    expect(closed.ids).toEqual([]);
    expect(closes.ids).toEqual([0, 1]);
  });

  it('one that joins while an event is delivered gets the next one first', async () => {
    const { feed, source, settle } = begin();
    const newcomer = new Sink();
    const inviting = new Sink(({ id }) => {
      if (id === 0) feed.follow(0, newcomer);
      return true;
    });
    feed.follow(-1, inviting);
    feed.hint(source.append(2));
    await settle();
    expect(newcomer.ids).toEqual([1]);
  });

  it('one that joins from behind while an event is delivered gets all, once', async () => {
    const { feed, source, settle } = begin();
    const newcomer = new Sink();
    const inviting = new Sink(({ id }) => {
      if (id === 0) feed.follow(-1, newcomer);
      return true;
    });
    feed.follow(-1, inviting);
    feed.hint(source.append(3));
    await settle();
    expect(newcomer.ids).toEqual([0, 1, 2]);
  });

  it('one may close the feed', async () => {
    const { feed, source, settle } = begin();
    const closes = new Sink(() => {
      feed.close();
      return true;
    });
    const other = new Sink();
    feed.follow(-1, closes);
    feed.follow(-1, other);
    feed.hint(source.append(2));
    await settle();
    expect(closes).toMatchObject({ ids: [0], closings: [undefined] });
    expect(other).toMatchObject({ ids: [], closings: [undefined] });
  });

  it('one may wait for an id that is delivered in the same turn', async () => {
    const { feed, source, settle } = begin();
    let reached = false;
    const waits = new Sink(({ id }) => {
      if (id === 0)
        void feed.reach(2).then(() => {
          reached = true;
        });
      return true;
    });
    feed.follow(-1, waits);
    source.append();
    feed.hint({ id: 0, events: source.log.events });
    expect(reached).toBe(false);
    feed.hint(source.append(2));
    await settle();
    expect(reached).toBe(true);
  });
});

describe('waiting for an id', () => {
  async function isSettled(promise: Promise<void>, settle: () => Promise<void>): Promise<boolean> {
    let settled = false;
    void promise.then(() => {
      settled = true;
    });
    await settle();
    return settled;
  }

  it('is over where it was delivered, and when it is', async () => {
    const { feed, source, settle } = begin(2);
    const sink = new Sink();
    feed.follow(1, sink);
    expect(await isSettled(feed.reach(1), settle)).toBe(true);
    source.append();
    const reached = feed.reach(2).then(() => sink.ids.length);
    expect(await reached).toBe(1);
  });

  it('is over where the log does not have it', async () => {
    const { feed, settle } = begin(1);
    expect(await isSettled(feed.reach(7), settle)).toBe(true);
    expect(feed.cursor).toBe(0);
  });

  it('is over when the feed is closed', async () => {
    const { feed, source, settle } = begin(1);
    source.isAway = true;
    const waiting = feed.reach(7);
    expect(await isSettled(waiting, settle)).toBe(false);
    feed.close();
    expect(await isSettled(waiting, settle)).toBe(true);
    expect(await isSettled(feed.reach(8), settle)).toBe(true);
  });
});

describe('a delivery that takes long', () => {
  /** Each event costs a reader so much time. */
  function slow(costMs: number) {
    let spent = 0;
    class SlowClock extends VirtualClock {
      override monotonic(): number {
        return super.monotonic() + spent;
      }
    }
    const clock = new SlowClock();
    const source = new Source();
    const feed = new Feed({ sid: 's', source, clock, head: -1 });
    const sink = (react?: (event: StoredEvent) => void): Sink =>
      new Sink((event) => {
        spent += costMs;
        react?.(event);
        return true;
      });
    return { clock, source, feed, sink, settle: () => clock.advance(1_000) };
  }

  it('lets others have their turn, and goes on where it was', async () => {
    const { feed, settle, sink, source } = slow(1);
    const reader = sink();
    feed.follow(-1, reader);
    feed.hint(source.append(100));
    expect(reader.ids.length).toBeLessThan(100);
    await settle();
    expect(reader.ids).toEqual(upTo(100));
  });

  it('takes what comes in between in its order, and whoever comes in between', async () => {
    const { feed, settle, sink, source } = slow(1);
    const [first, second, third] = [sink(), sink(), sink()];
    feed.follow(-1, first);
    feed.hint(source.append(50));
    feed.follow(-1, second);
    feed.follow(feed.cursor, third);
    const joinedAt = feed.cursor;
    feed.hint(source.append(50));
    feed.hint({ id: source.append(50).id });
    await settle();
    expect(first.ids).toEqual(upTo(150));
    expect(second.ids).toEqual(upTo(150));
    expect(third.ids).toEqual(upTo(150, joinedAt + 1));
  });

  it('keeps little in memory of what comes meanwhile: the rest is read from the log', async () => {
    const { feed, settle, sink, source } = slow(1);
    const reader = sink();
    feed.follow(-1, reader);
    for (let count = 0; count < 40; count += 1) feed.hint(source.append(100));
    await settle();
    expect(reader.ids).toEqual(upTo(4_000));
    expect(source.queries.length).toBeGreaterThan(0);
  });

  it('is over for whoever waits for an id when that is delivered', async () => {
    const { clock, feed, sink, source } = slow(1);
    const reader = sink();
    feed.follow(-1, reader);
    feed.hint(source.append(100));
    let seen = -1;
    const waiting = feed.reach(60).then(() => {
      seen = reader.ids.length;
    });
    expect(seen).toBe(-1);
    await clock.advance(1_000);
    await waiting;
    expect(seen).toBeGreaterThan(60);
  });

  it('forgets a claim that the log does not confirm, also where it comes meanwhile', async () => {
    const { feed, settle, sink, source } = slow(1);
    const reader = sink();
    feed.follow(-1, reader);
    feed.hint(source.append(50));
    feed.hint({ id: 999 });
    await settle();
    expect(feed.cursor).toBe(49);
    const asked = source.queries.length;
    feed.hint(source.append());
    await settle();
    expect(reader.ids).toEqual(upTo(51));
    expect(source.queries).toHaveLength(asked);
  });

  it('ends with the feed', async () => {
    const { feed, settle, sink, source } = slow(1);
    const reader = sink();
    feed.follow(-1, reader);
    feed.hint(source.append(50));
    const before = reader.ids.length;
    feed.close();
    await settle();
    expect(reader.ids).toHaveLength(before);
    expect(reader.closings).toEqual([undefined]);
  });

  it('keeps the order where readers append while they are called', async () => {
    const { feed, settle, sink, source } = slow(1);
    const order: string[] = [];
    const answers = sink(({ id }) => {
      order.push(`first ${id}`);
      if (id % 10 === 0 && id < 60) feed.hint(source.append(2));
    });
    const listens = sink(({ id }) => order.push(`second ${id}`));
    feed.follow(-1, answers);
    feed.follow(-1, listens);
    feed.hint(source.append(30));
    await settle();
    expect(order).toEqual(upTo(source.head + 1).flatMap((id) => [`first ${id}`, `second ${id}`]));
  });
});

describe('while the store is away', () => {
  it('the feed tries again, less and less often, and delivers when it is back', async () => {
    const { clock, feed, retries, source } = begin();
    const sink = new Sink();
    feed.follow(-1, sink);
    source.isAway = true;
    feed.hint({ id: source.append(3).id });
    await clock.advance(60_000);
    expect(sink.ids).toEqual([]);
    expect(retries.length).toBeGreaterThan(20);
    expect(retries.length).toBeLessThan(50);
    source.isAway = false;
    await clock.advance(2_000);
    expect(sink.ids).toEqual([0, 1, 2]);
  });

  it('what comes by hint is still delivered', () => {
    const { feed, source } = begin();
    const sink = new Sink();
    feed.follow(-1, sink);
    source.isAway = true;
    feed.hint(source.append());
    expect(sink.ids).toEqual([0]);
  });

  it('a reader that catches up waits for it too, from where it was', async () => {
    const { clock, feed, source } = begin(600);
    const sink = new Sink(({ id }) => {
      if (id === 50) source.isAway = true;
      return true;
    });
    feed.follow(-1, sink);
    await clock.advance(10_000);
    expect(sink.ids.length).toBeLessThan(600);
    source.isAway = false;
    await clock.advance(2_000);
    expect(sink.ids).toEqual(upTo(600));
  });

  it('a reader that is closed asks no more', async () => {
    const { clock, feed, source } = begin(3);
    source.isAway = true;
    const reader = feed.follow(-1, new Sink());
    await clock.advance(200);
    reader.close();
    const asked = source.queries.length;
    await clock.advance(60_000);
    expect(source.queries).toHaveLength(asked);
  });

  it('a feed that is closed asks no more', async () => {
    const { clock, feed, source } = begin(3);
    source.isAway = true;
    feed.follow(-1, new Sink());
    feed.hint({ id: 9 });
    await clock.advance(200);
    feed.close();
    const asked = source.queries.length;
    await clock.advance(60_000);
    expect(source.queries).toHaveLength(asked);
  });
});

describe('a feed that is closed', () => {
  it('tells each reader once, and why', async () => {
    const { feed, settle } = begin(3);
    const [live, behind, paused, gone] = [new Sink(), new Sink(), new Sink(() => false), new Sink()];
    feed.follow(2, live);
    feed.follow(-1, behind);
    feed.follow(1, paused);
    feed.follow(2, gone).close();
    await settle();
    const why = new ConveneError('conversation_not_found');
    feed.close(why);
    feed.close(new Error('again'));
    for (const sink of [live, behind, paused]) expect(sink.closings).toEqual([why]);
    expect(gone.closings).toEqual([]);
    expect(feed.readers).toBe(0);
  });

  it('takes no more news', () => {
    const { feed, source } = begin();
    const sink = new Sink();
    feed.follow(-1, sink);
    feed.close();
    feed.hint(source.append());
    expect(sink.ids).toEqual([]);
  });

  it('closes whoever comes then', () => {
    const { feed } = begin(1);
    feed.close();
    const sink = new Sink();
    const reader = feed.follow(-1, sink);
    expect(sink.closings).toEqual([undefined]);
    expect(reader.live).toBe(false);
  });

  it('gives no page out that comes afterwards', async () => {
    const { feed, settle } = begin(3);
    const sink = new Sink();
    feed.follow(-1, sink);
    feed.close();
    await settle();
    expect(sink.ids).toEqual([]);
  });
});
