import { describe, expect, it } from 'vitest';
import { entered, message } from '../../test/fixtures/event-log.ts';
import { type Bus, type BusListener, type Frame, type Hint, LocalBus, type Note } from '../cluster/bus.ts';
import { ConveneError, isError } from '../errors.ts';
import type { NewEvent, StoredEvent } from '../events/event.ts';
import { type Redactor, redactor } from '../events/redaction.ts';
import type { AppendRequest, AppendResult, EventPage, EventQuery } from '../store/event-store.ts';
import { MemoryEventStore } from '../store/memory-event-store.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { EventStreams } from './event-streams.ts';
import type { FeedReader, FeedSink } from './feed.ts';

/** A bus that may lose everything, and tells who listens. */
class Radio implements Bus {
  readonly reliable: boolean;
  readonly hints: Hint[] = [];
  isSilent = false;
  listeners = 0;
  readonly #local = new LocalBus();

  constructor(reliable: boolean) {
    this.reliable = reliable;
  }

  publish(hint: Hint): void {
    this.hints.push(hint);
    if (!this.isSilent) this.#local.publish(hint);
  }

  publishFrame(sid: string, frame: Frame): void {
    this.#local.publishFrame(sid, frame);
  }

  listen(sid: string, listener: BusListener): () => void {
    const leave = this.#local.listen(sid, listener);
    this.listeners += 1;
    let left = false;
    return () => {
      if (!left) this.listeners -= 1;
      left = true;
      leave();
    };
  }

  publishNote(note: Note): void {
    this.#local.publishNote(note);
  }

  listenToNotes(listener: (note: Note) => void): () => void {
    return this.#local.listenToNotes(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

class Store extends MemoryEventStore {
  isAway = false;
  /** So many appends are carried out, and their answers lost. */
  losing = 0;
  readonly appends: AppendRequest[] = [];
  readonly asked: (readonly string[])[] = [];
  /** Called between the reading of heads and their answer. */
  onHeads: (() => void | Promise<void>) | null = null;

  override async append(request: AppendRequest): Promise<AppendResult> {
    this.#reach();
    this.appends.push(request);
    const result = await super.append(request);
    if (this.losing === 0) return result;
    this.losing -= 1;
    throw new ConveneError('outcome_unknown');
  }

  override async events(query: EventQuery): Promise<EventPage> {
    this.#reach();
    return super.events(query);
  }

  override async heads(sids: readonly string[]): Promise<Map<string, number>> {
    this.#reach();
    this.asked.push(sids);
    const heads = await super.heads(sids);
    await this.onHeads?.();
    return heads;
  }

  #reach(): void {
    if (this.isAway) throw new ConveneError('store_unavailable');
  }
}

interface Options {
  readonly reliable?: boolean;
  readonly redactor?: (sid: string) => Redactor | Promise<Redactor>;
}

async function begin(options: Options = {}) {
  const clock = new VirtualClock();
  const store = new Store();
  const bus = new Radio(options.reliable ?? true);
  const errors: unknown[] = [];
  await store.open();
  const streams = new EventStreams({
    store,
    bus,
    clock,
    redactor: options.redactor ?? (() => redactor([])),
    onError: (error) => errors.push(error),
  });
  const append = (sid: string, events: readonly NewEvent[], more: Partial<AppendRequest> = {}) =>
    streams.append({
      sid,
      events,
      at: clock.now(),
      writer: 'system',
      create: { userId: '', title: '' },
      ...more,
    });
  return {
    clock,
    store,
    bus,
    streams,
    errors,
    append,
    say: (sid: string, content = 'hello') => append(sid, [message(content)]),
    settle: () => clock.advance(0),
  };
}

/** Keeps the ids that it is given. */
function keep(): FeedSink & { readonly ids: number[]; readonly closings: unknown[] } {
  const ids: number[] = [];
  const closings: unknown[] = [];
  return {
    ids,
    closings,
    deliver(event) {
      ids.push(event.id);
      return true;
    },
    closed: (error) => closings.push(error),
  };
}

const code = (expected: Parameters<typeof isError>[1]) => (error: unknown) => isError(error, expected);

describe('an append', () => {
  it('reaches those who follow when it is answered', async () => {
    const { say, streams } = await begin();
    await say('a');
    const sink = keep();
    await streams.followLive('a', sink);
    await say('a');
    expect(sink.ids).toEqual([1]);
  });

  it('is told of after its commit, with what was stored', async () => {
    const { append, bus } = await begin();
    await append('a', [message('one'), entered('running')]);
    expect(bus.hints).toMatchObject([{ sid: 'a', id: 1, events: [{ id: 0 }, { id: 1 }] }]);
  });

  it('without events is not told of', async () => {
    const { append, bus } = await begin();
    expect(await append('a', [])).toMatchObject({ outcome: 'appended' });
    expect(bus.hints).toEqual([]);
  });

  it('that is refused is not told of', async () => {
    const { bus, streams, say, append } = await begin();
    await say('a');
    bus.hints.length = 0;
    expect(await append('a', [message('late')], { behind: -1 })).toMatchObject({ outcome: 'behind' });
    const request = { sid: 'b', events: [message('lost')], at: 0, writer: 'system' };
    expect(await streams.append(request)).toMatchObject({ outcome: 'missing' });
    expect(bus.hints).toEqual([]);
  });

  it('is stored without the conversation’s secrets, in its human line neither', async () => {
    const { say, streams } = await begin({
      redactor: async (sid) => redactor(sid === 'a' ? ['sk-SECRET'] : []),
    });
    await say('a', 'my key is sk-SECRET');
    await say('b', 'no secret here: sk-SECRET');
    const { events } = await streams.stream('a').events({ limit: 10 });
    expect(events[0]).toMatchObject({
      message: 'my key is [redacted]',
      args: { content: 'my key is [redacted]' },
    });
    expect((await streams.stream('b').events({ limit: 10 })).events[0]).toMatchObject({
      message: 'no secret here: sk-SECRET',
    });
  });

  it('whose secrets cannot be looked up is not stored', async () => {
    const { say, store } = await begin({
      redactor: () => Promise.reject(new ConveneError('store_unavailable')),
    });
    await expect(say('a')).rejects.toSatisfy(code('store_unavailable'));
    expect(store.appends).toEqual([]);
  });

  it('whose answer was lost is asked for again by its key: it is stored once, and told of once', async () => {
    const { append, bus, clock, store } = await begin();
    store.losing = 2;
    const answer = append('a', [message('one')], { key: 'k' });
    await clock.advance(1_000);
    expect(await answer).toMatchObject({ outcome: 'appended', events: [{ id: 0 }], head: 0 });
    expect(store.appends.map(({ key }) => key)).toEqual(['k', 'k', 'k']);
    expect(bus.hints.map(({ id }) => id)).toEqual([0]);
  });

  it('whose answer is lost again and again is the caller’s to ask for', async () => {
    const { append, clock, store } = await begin();
    store.losing = 99;
    const answer = append('a', [message('one')], { key: 'k' });
    const refused = expect(answer).rejects.toSatisfy(code('outcome_unknown'));
    await clock.advance(10_000);
    await refused;
    expect(store.appends.length).toBeLessThan(10);
  });

  it('without a key is never asked for again', async () => {
    const { append, store } = await begin();
    store.losing = 1;
    await expect(append('a', [message('one')])).rejects.toSatisfy(code('outcome_unknown'));
    expect(store.appends).toHaveLength(1);
  });

  it('fails where the store is away: nothing happened', async () => {
    const { append, store } = await begin();
    store.isAway = true;
    await expect(append('a', [message('one')], { key: 'k' })).rejects.toSatisfy(code('store_unavailable'));
  });
});

describe('those who follow one conversation', () => {
  it('share one feed, also where they come at the same time', async () => {
    const { bus, say, store, streams } = await begin();
    await say('a');
    const sinks = [keep(), keep(), keep()];
    await Promise.all(sinks.map((sink) => streams.follow('a', -1, sink)));
    expect(bus.listeners).toBe(1);
    expect(store.asked).toHaveLength(1);
    await say('a');
    for (const sink of sinks) expect(sink.ids).toEqual([0, 1]);
  });

  it('keep the feed until the last of them has left', async () => {
    const { bus, say, streams } = await begin();
    await say('a');
    const first = await streams.follow('a', -1, keep());
    const sink = keep();
    const second = await streams.follow('a', -1, sink);
    first.close();
    first.close();
    expect(bus.listeners).toBe(1);
    await say('a');
    expect(sink.ids).toEqual([0, 1]);
    second.close();
    expect(bus.listeners).toBe(0);
  });

  it('keep it where one of them is closed for its failure', async () => {
    const { bus, say, streams } = await begin();
    await say('a');
    const broken = keep();
    await streams.follow('a', 0, {
      ...broken,
      deliver: () => {
        throw new Error('full disk');
      },
    });
    const sink = keep();
    await streams.follow('a', 0, sink);
    await say('a');
    expect(broken.closings).toEqual([new Error('full disk')]);
    expect(bus.listeners).toBe(1);
    await say('a');
    expect(sink.ids).toEqual([1, 2]);
  });

  it('get what was appended while the feed was being opened', async () => {
    const { say, store, streams, settle } = await begin();
    await say('a');
    store.onHeads = async () => {
      store.onHeads = null;
      await say('a');
    };
    const sink = keep();
    await streams.follow('a', -1, sink);
    await settle();
    expect(sink.ids).toEqual([0, 1]);
  });

  it('of an unknown conversation are refused, and nothing is left of them', async () => {
    const { bus, streams } = await begin();
    const following = Promise.allSettled([streams.follow('a', -1, keep()), streams.followLive('a', keep())]);
    for (const result of await following) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'conversation_not_found' } });
    }
    expect(bus.listeners).toBe(0);
  });

  it('while the store is away are refused, and welcome when it is back', async () => {
    const { bus, say, store, streams } = await begin();
    await say('a');
    store.isAway = true;
    await expect(streams.follow('a', -1, keep())).rejects.toSatisfy(code('store_unavailable'));
    expect(bus.listeners).toBe(0);
    store.isAway = false;
    const sink = keep();
    await streams.follow('a', 0, sink);
    await say('a');
    expect(sink.ids).toEqual([1]);
  });
});

describe('a cursor', () => {
  it('above the head counts as the head', async () => {
    const { say, streams } = await begin();
    await say('a');
    const sink = keep();
    const reader = await streams.follow('a', 99, sink);
    expect(reader.cursor).toBe(0);
    await say('a');
    expect(sink.ids).toEqual([1]);
  });

  it('above what this node has heard of is taken as it is', async () => {
    const { bus, say, streams, settle } = await begin();
    await say('a');
    await streams.follow('a', -1, keep());
    bus.isSilent = true;
    await say('a');
    await say('a');
    bus.isSilent = false;
    const sink = keep();
    await streams.follow('a', 1, sink);
    await settle();
    expect(sink.ids).toEqual([2]);
    await say('a');
    expect(sink.ids).toEqual([2, 3]);
  });

  it('above the head is refused while the store is away, and nothing is left of it', async () => {
    const { bus, say, store, streams } = await begin();
    await say('a');
    const first = await streams.followLive('a', keep());
    store.isAway = true;
    await expect(streams.follow('a', 99, keep())).rejects.toSatisfy(code('store_unavailable'));
    first.close();
    expect(bus.listeners).toBe(0);
  });
});

describe('hints that are lost', () => {
  it('are made up for within a second where the bus is not reliable', async () => {
    const { bus, clock, say, streams } = await begin({ reliable: false });
    streams.start();
    await say('a');
    const sink = keep();
    await streams.followLive('a', sink);
    bus.isSilent = true;
    await say('a');
    await say('a');
    expect(sink.ids).toEqual([]);
    await clock.advance(1_000);
    expect(sink.ids).toEqual([1, 2]);
    await streams[Symbol.asyncDispose]();
  });

  it('cost one query for all conversations that are followed, and none where none is', async () => {
    const { clock, say, store, streams } = await begin({ reliable: false });
    streams.start();
    await clock.advance(10_000);
    expect(store.asked).toEqual([]);
    for (const sid of ['a', 'b', 'c']) {
      await say(sid);
      await streams.followLive(sid, keep());
    }
    store.asked.length = 0;
    await clock.advance(1_000);
    expect(store.asked).toEqual([['a', 'b', 'c']]);
    await streams[Symbol.asyncDispose]();
  });

  it('are looked for again after a failure, which is reported', async () => {
    const { bus, clock, errors, say, store, streams } = await begin({ reliable: false });
    streams.start();
    await say('a');
    const sink = keep();
    await streams.followLive('a', sink);
    bus.isSilent = true;
    await say('a');
    store.isAway = true;
    await clock.advance(3_000);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.every(code('store_unavailable'))).toBe(true);
    store.isAway = false;
    await clock.advance(1_000);
    expect(sink.ids).toEqual([1]);
    await streams[Symbol.asyncDispose]();
  });
});

describe('waiting for an id', () => {
  it('is over at once where nobody follows', async () => {
    const { streams } = await begin();
    await streams.reached('a', 99);
  });

  it('is over when those who follow have it, though the hint was lost', async () => {
    const { bus, say, streams } = await begin();
    await say('a');
    const sink = keep();
    await streams.followLive('a', sink);
    bus.isSilent = true;
    await say('a');
    await streams.reached('a', 1);
    expect(sink.ids).toEqual([1]);
  });
});

describe('a conversation that is gone', () => {
  it('those who follow it are told why, and nothing is left of them', async () => {
    const { bus, say, streams } = await begin();
    await say('a');
    const sinks = [keep(), keep()];
    for (const sink of sinks) await streams.followLive('a', sink);
    const why = new ConveneError('conversation_not_found');
    streams.forget('a', why);
    for (const sink of sinks) expect(sink.closings).toEqual([why]);
    expect(bus.listeners).toBe(0);
    streams.forget('a', why);
  });

  it('is not followed by whoever was about to', async () => {
    const { bus, say, store, streams } = await begin();
    await say('a');
    store.onHeads = async () => {
      store.onHeads = null;
      await store.remove('a');
      streams.forget('a', new ConveneError('conversation_not_found'));
    };
    await expect(streams.follow('a', -1, keep())).rejects.toSatisfy(code('conversation_not_found'));
    expect(bus.listeners).toBe(0);
  });
});

describe('a frame', () => {
  const token = 'sk-SECRET';
  const frames: [string, Frame, Frame][] = [
    [
      'streamed text',
      { type: 'delta', kind: 'message', text: `key ${token}` },
      { type: 'delta', kind: 'message', text: 'key [redacted]' },
    ],
    [
      'a status',
      { type: 'status', level: 'error', id: 'STATUS$LLM_RETRY', message: token },
      { type: 'status', level: 'error', id: 'STATUS$LLM_RETRY', message: '[redacted]' },
    ],
    ['an error', { type: 'error', message: token }, { type: 'error', message: '[redacted]' }],
  ];

  it.each(frames)('of %s is shown without the conversation’s secrets', async (_what, frame, shown) => {
    const { bus, streams, settle } = await begin({
      redactor: (sid) => (sid === 'a' ? redactor([token]) : Promise.resolve(redactor([token]))),
    });
    const seen: Frame[] = [];
    for (const sid of ['a', 'b']) bus.listen(sid, { hint: () => {}, frame: (one) => seen.push(one) });
    streams.publishFrame('a', frame);
    streams.publishFrame('b', frame);
    await settle();
    expect(seen).toEqual([shown, shown]);
  });

  it('whose secrets cannot be looked up is not shown, and that is reported', async () => {
    const why = new ConveneError('store_unavailable');
    const { bus, errors, streams, settle } = await begin({ redactor: () => Promise.reject(why) });
    const seen: Frame[] = [];
    bus.listen('a', { hint: () => {}, frame: (one) => seen.push(one) });
    streams.publishFrame('a', { type: 'error', message: token });
    await settle();
    expect(seen).toEqual([]);
    expect(errors).toEqual([why]);
  });
});

describe('closing', () => {
  it('closes every reader, and leaves no timer', async () => {
    const { bus, clock, say, store, streams } = await begin({ reliable: false });
    streams.start();
    await say('a');
    const sink = keep();
    await streams.followLive('a', sink);
    await streams[Symbol.asyncDispose]();
    await streams[Symbol.asyncDispose]();
    expect(sink.closings).toEqual([undefined]);
    expect(bus.listeners).toBe(0);
    store.asked.length = 0;
    await clock.advance(60_000);
    expect(store.asked).toEqual([]);
  });

  it('refuses those who come then', async () => {
    const { say, streams } = await begin();
    await say('a');
    await streams[Symbol.asyncDispose]();
    await expect(streams.follow('a', -1, keep())).rejects.toSatisfy(code('draining'));
  });

  it('refuses those whose feed was still being opened', async () => {
    const { bus, say, store, streams } = await begin();
    await say('a');
    store.onHeads = async () => {
      store.onHeads = null;
      await streams[Symbol.asyncDispose]();
    };
    await expect(streams.follow('a', -1, keep())).rejects.toSatisfy(code('draining'));
    expect(bus.listeners).toBe(0);
  });
});

describe('the view of one conversation', () => {
  it('tells the head of its log', async () => {
    const { say, streams, append } = await begin();
    await append('a', []);
    expect(await streams.stream('a').head()).toBe(-1);
    await say('a');
    expect(await streams.stream('a').head()).toBe(0);
    await expect(streams.stream('b').head()).rejects.toSatisfy(code('conversation_not_found'));
  });

  it('appends an event, and answers with it as stored', async () => {
    const { say, streams } = await begin();
    await say('a');
    expect(await streams.stream('a').append(message('two'))).toMatchObject({ id: 1, message: 'two' });
    await expect(streams.stream('b').append(message('two'))).rejects.toSatisfy(
      code('conversation_not_found'),
    );
  });

  it('stores what is appended under one key once, and refuses other content under it', async () => {
    const { say, streams } = await begin();
    await say('a');
    const stream = streams.stream('a');
    const [first, again] = [
      await stream.append(message('two'), 'k'),
      await stream.append(message('two'), 'k'),
    ];
    expect(again).toEqual(first);
    await expect(stream.append(message('three'), 'k')).rejects.toSatisfy(code('action_id_conflict'));
  });

  it('reads the whole log in pages, what is appended meanwhile included', async () => {
    const { append, streams } = await begin();
    await append(
      'a',
      Array.from({ length: 1_200 }, () => message('hello')),
    );
    const ids: number[] = [];
    for await (const event of streams.stream('a').read(99)) {
      ids.push(event.id);
      if (event.id === 600) await append('a', [message('late')]);
    }
    expect(ids).toEqual(Array.from({ length: 1_101 }, (_, index) => index + 100));
  });

  it('reads no further once its signal is aborted', async () => {
    const { append, streams } = await begin();
    await append(
      'a',
      Array.from({ length: 1_200 }, () => message('hello')),
    );
    const abort = new AbortController();
    const read = async (): Promise<void> => {
      for await (const event of streams.stream('a').read(-1, abort.signal)) {
        if (event.id === 10) abort.abort(new Error('enough'));
      }
    };
    await expect(read()).rejects.toThrow('enough');
  });
});

describe('a subscriber', () => {
  type Subscriber = (event: StoredEvent) => void;

  async function subscribed() {
    const world = await begin();
    await world.say('a');
    const stream = world.streams.stream('a');
    return { ...world, subscribe: (subscriber: Subscriber) => stream.subscribe(subscriber), stream };
  }

  it('is called with every event from now on, and with none after it has left', async () => {
    const { say, subscribe, bus } = await subscribed();
    const ids: number[] = [];
    const unsubscribe = await subscribe((event) => ids.push(event.id));
    await say('a');
    unsubscribe();
    unsubscribe();
    await say('a');
    expect(ids).toEqual([1]);
    expect(bus.listeners).toBe(0);
  });

  it('may leave while it is called', async () => {
    const { say, subscribe } = await subscribed();
    const ids: number[] = [];
    const unsubscribe = await subscribe((event) => {
      ids.push(event.id);
      unsubscribe();
    });
    const others: number[] = [];
    await subscribe((event) => others.push(event.id));
    await say('a');
    await say('a');
    expect(ids).toEqual([1]);
    expect(others).toEqual([1, 2]);
  });

  it('may end the subscription of another', async () => {
    const { say, subscribe } = await subscribed();
    const ids: number[] = [];
    let unsubscribe = (): void => {};
    await subscribe(() => unsubscribe());
    unsubscribe = await subscribe((event) => ids.push(event.id));
    await say('a');
    expect(ids).toEqual([]);
  });

  it('may add another, which is called from the next event on', async () => {
    const { say, subscribe, settle } = await subscribed();
    const ids: number[] = [];
    const adding: Promise<unknown>[] = [];
    await subscribe(() => {
      if (adding.length === 0) adding.push(subscribe((event) => ids.push(event.id)));
    });
    await say('a');
    await settle();
    await say('a');
    expect(ids).toEqual([2]);
  });

  it('may append: every subscriber gets its event after the present one', async () => {
    const { say, subscribe, stream, settle } = await subscribed();
    const order: string[] = [];
    await subscribe((event) => {
      order.push(`first ${event.id}`);
      if (event.id < 3) void stream.append(message('more'));
    });
    await subscribe((event) => {
      order.push(`second ${event.id}`);
    });
    await say('a');
    await settle();
    expect(order).toEqual([1, 2, 3].flatMap((id) => [`first ${id}`, `second ${id}`]));
  });

  it('that throws is reported, and goes on being called', async () => {
    const { errors, say, subscribe } = await subscribed();
    const ids: number[] = [];
    await subscribe((event) => {
      ids.push(event.id);
      throw new Error('not ready');
    });
    await say('a');
    await say('a');
    expect(ids).toEqual([1, 2]);
    expect(errors).toEqual([new Error('not ready'), new Error('not ready')]);
  });
});

describe('a reader at its own pace', () => {
  it('reads the log where it was full, and holds nobody up', async () => {
    const { say, streams, settle } = await begin();
    await say('a');
    const taken: number[] = [];
    const reader: FeedReader = await streams.follow('a', -1, {
      deliver(event) {
        taken.push(event.id);
        return false;
      },
    });
    const sink = keep();
    await streams.follow('a', -1, sink);
    for (let count = 0; count < 5; count += 1) await say('a');
    await settle();
    expect(taken).toEqual([0]);
    expect(sink.ids).toEqual([0, 1, 2, 3, 4, 5]);
    for (let count = 0; count < 5; count += 1) {
      reader.resume();
      await settle();
    }
    expect(taken).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
