/** The suite of faithful storage: any text, any JSON, any size, kinds of later releases; and search. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { NewEvent, StoredEvent } from '../../src/events/event.ts';
import { matchesSearch, searchTokens } from '../../src/events/search-tokens.ts';
import type { EventStore } from '../../src/store/event-store.ts';
import {
  anyEvent,
  append,
  type CreateStore,
  contents,
  conversation,
  fresh,
  ids,
  message,
  readAll,
  record,
  type StoreUnderTest,
  tryAppend,
  upTo,
} from './event-store-fixtures.ts';

/** Text that careless stores change: NUL, lone surrogates, quotes, line ends of all kinds, what looks like SQL. */
const texts = [
  '',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfff',
  '\ud83d\ude00',
  '"',
  '"a"',
  "'; --",
  'a\r\n\u2028',
  '\ufeff',
  '\ufffd',
  'null',
];

export function textSuite(create: CreateStore): void {
  let under: StoreUnderTest;
  let store: EventStore;

  beforeAll(async () => {
    under = await create();
    store = under.store;
  });
  afterAll(() => under.close());

  it.each(texts)('keeps the text %j as it is, wherever it stands', async (text) => {
    const sid = fresh();
    const event = anyEvent({
      action: text,
      args: { [text]: [text, { [text]: text }] },
      message: text,
      more: text,
    });
    const created = {
      userId: `${fresh('user')}${text}`,
      title: text,
      selectedRepository: text,
      selectedBranch: text,
      settings: text,
    };
    const set = { desired: 'running', due: true } as const;
    const first = await append(store, {
      sid,
      events: [event],
      create: created,
      writer: text,
      key: text,
      set,
    });
    expect(first.events).toMatchObject([event]);
    expect(first.userId).toBe(created.userId);
    expect(await readAll(store, { sid })).toEqual(first.events);
    expect(await readAll(store, { sid, kinds: [text] })).toEqual(first.events);
    expect(await store.newest(sid, text)).toEqual(first.events[0]);
    expect(await record(store, sid)).toMatchObject({ sid, ...created });
    expect(await append(store, { sid, events: [event], writer: text, key: text })).toMatchObject({
      repeated: true,
    });
    expect(await store.running(created.userId, 1)).toEqual([await record(store, sid)]);
    expect((await store.list({ userId: created.userId, limit: 1 })).conversations).toHaveLength(1);
    expect(await store.claim(sid, text)).toMatchObject({ conversation: { owner: text } });
    expect(await store.claim(sid, 'other', [text])).toMatchObject({
      conversation: { owner: 'other' },
    });
    await store.rename(sid, `${text}${text}`);
    expect((await record(store, sid)).title).toBe(`${text}${text}`);
    await store.saveSnapshot({ sid, id: 0, version: text, state: text });
    expect(await store.loadSnapshot(sid, text)).toEqual({ sid, id: 0, version: text, state: text });
  });

  it('tells keys apart that a careless store would take for one', async () => {
    const sid = await conversation(store);
    const keys = ['\ud800', '\ud801', '\ufffd', 'a\0b', 'a\0c', 'a', 'A', '"\\ud800"', ' a', 'é', 'e\u0301'];
    for (const key of keys)
      expect(await append(store, { sid, key, events: [message('x')] })).toMatchObject({ repeated: false });
    for (const [id, key] of keys.entries()) {
      expect(await append(store, { sid, key, events: [message('x')] })).toMatchObject({
        repeated: true,
        events: [{ id }],
      });
    }
  });

  it('tells users apart that a careless store would take for one', async () => {
    for (const userId of ['\ud800', '\ud801', '\ufffd', 'a\0b', 'a\0c', 'a', 'A']) {
      const sid = await conversation(store, { userId: `same${userId}`, set: { desired: 'running' } });
      expect((await store.running(`same${userId}`, 10)).map((found) => found.sid)).toEqual([sid]);
    }
  });

  it('keeps any JSON as it is, also in kinds that this version does not know', async () => {
    const sid = await conversation(store);
    const json = fc.jsonValue({ noUnicodeString: false, maxDepth: 4 });
    const action = fc.record({
      action: fc.constant('levitate'),
      args: json,
      extra: json,
      tool_call_metadata: json,
    });
    const observation = fc.record({ observation: fc.constant('levitated'), content: json, extras: json });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(action, observation), { minLength: 1, maxLength: 5 }),
        async (bodies) => {
          const { events } = await append(store, { sid, events: bodies.map((body) => anyEvent(body)) });
          const kept = events.map(({ id: _, message: __, source: ___, timestamp: ____, ...body }) => body);
          expect(kept).toEqual(JSON.parse(JSON.stringify(bodies)));
          expect(await readAll(store, { sid, after: (events[0]?.id ?? 0) - 1 })).toEqual(events);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps a property that is named __proto__', async () => {
    const body = '{"action":"levitate","args":{"__proto__":{"polluted":true},"constructor":1}}';
    const sid = await conversation(store, { events: [anyEvent(JSON.parse(body))] });
    const [event] = await readAll(store, { sid });
    expect(JSON.stringify(event)).toContain('"args":{"__proto__":{"polluted":true},"constructor":1}');
  });

  it('gives a stored event that is appended anew a place of its own', async () => {
    const sid = await conversation(store, { events: [message('x')] });
    const [event] = await readAll(store, { sid });
    if (event === undefined) throw new Error('Nothing was stored.');
    const { events } = await append(store, { sid, events: [event], at: 0 });
    expect(events).toEqual([{ ...event, id: 1, timestamp: '1970-01-01T00:00:00.000Z' }]);
    expect(await readAll(store, { sid, after: 0 })).toEqual(events);
  });

  it('refuses what is no JSON', async () => {
    const sid = await conversation(store);
    const circular: { self?: unknown } = {};
    circular.self = circular;
    for (const value of [circular, 1n]) {
      const event = { ...message('x'), tool_call_metadata: value };
      await expect(tryAppend(store, { sid, events: [event] })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    }
    expect((await record(store, sid)).head).toBe(-1);
  });

  it('takes an event of 20 MB', async () => {
    const sid = await conversation(store, { events: [message('before')] });
    const url = `data:image/png;base64,${'iVBORw0K'.repeat(2_500_000)}`;
    const event: NewEvent = {
      source: 'user',
      action: 'message',
      args: { content: 'look', image_urls: [url], wait_for_response: false },
    };
    const { events } = await append(store, { sid, events: [event], key: 'k' });
    await append(store, { sid, events: [message('after')] });
    expect(events).toMatchObject([event]);
    const stored = await readAll(store, { sid });
    expect(stored).toHaveLength(3);
    expect(stored[1]).toEqual(events[0]);
    expect(await append(store, { sid, events: [event], key: 'k' })).toMatchObject({ repeated: true });
    expect(ids(await readAll(store, { sid, text: 'look' }))).toEqual([1]);
  });

  describe('a search', () => {
    const corpus = [
      'The quick brown fox',
      'the QUICKSAND of brown_fox_42',
      'Ünïcode ÇA va, STRASSE straße',
      '快速的棕色狐狸 jumps',
      "rock'n'roll 3.14 foo-bar e.g. a\0b",
      '',
      'ﬁne ＦＵＬＬwidth ①',
      'an example, for example',
      'Σίσυφος ΣΊΣΥΦΟΣ',
    ];
    const found = async (text: string) => contents(await readAll(store, { sid, text }));
    let sid: string;

    beforeAll(async () => {
      sid = await conversation(store, { events: corpus.map((text) => message(text)) });
    });

    it.each([
      ['quick', [0, 1]],
      ['QUICK', [0, 1]],
      ['quick fox', [0]],
      ['fox quick', [0]],
      ['brown_f', [1]],
      ['quick quicks', [1]],
      ['uick', []],
      ['the bro', [0, 1]],
      ['ünï', [2]],
      ['ça', [2]],
      ['stras', [2]],
      ['快速', [3]],
      ['jum', [3]],
      ['rock roll', [4]],
      ['3.14', [4]],
      ['fine', [6]],
      ['fullw', [6]],
      ['ex', [7]],
      ['σίσυφοσ', [8]],
      ['"quick"', [0, 1]],
      ['quick OR lazy', []],
      ['quick*', [0, 1]],
      ['NOT quick', []],
      ['quick NEAR fox', []],
      ['-fox', [0]],
      ['(fox', [0]],
      ['message', []],
    ])('for %j finds the events %j', async (text, expected) => {
      expect(ids(await readAll(store, { sid, text }))).toEqual(expected);
    });

    it('without a word finds everything', async () => {
      for (const text of ['', ' ', '!?', '\0', '\ud800'])
        expect(await found(text)).toHaveLength(corpus.length);
    });

    it('finds what is rare wherever it stands in a long log', async () => {
      const places = [0, 1, 499, 500, 501, 502, 998, 999, 1000, 1001, 1002, 1199];
      const texts = upTo(1200).map((n) => (places.includes(n) ? 'rare' : 'common'));
      const long = await conversation(store, { events: texts.map((text) => message(text)) });
      for (const limit of [3, 1000]) {
        expect(ids(await readAll(store, { sid: long, text: 'rare', limit }))).toEqual(places);
        const reverse = await readAll(store, { sid: long, text: 'rare', limit, reverse: true });
        expect(ids(reverse)).toEqual(places.toReversed());
      }
    });

    it('finds nothing of another conversation', async () => {
      const other = await conversation(store, { events: [message('The quick red fox')] });
      expect(await found('red')).toEqual([]);
      expect(await readAll(store, { sid: other, text: 'quick' })).toHaveLength(1);
      expect(await store.events({ sid: fresh(), text: 'quick', limit: 1 })).toEqual({
        events: [],
        hasMore: false,
      });
    });

    it('answers as a scan of the whole log would, before and after its index has caught up', async () => {
      const words = [
        'a',
        'ab',
        'abc',
        'b',
        'ba',
        'bé',
        'BÉ',
        'été',
        'x_1',
        '42',
        '快速',
        'straße',
        '\ud83d\ude00',
        'the',
        'then',
      ];
      const text = fc.array(fc.constantFrom(...words), { maxLength: 6 }).map((parts) => parts.join(' '));
      const event = fc.oneof(
        text.map((content) => message(content)),
        text.map((content) => message(content, 'agent')),
        text.map((command) => anyEvent({ action: 'run', args: { command, thought: command } })),
        text.map((content) =>
          anyEvent({ observation: 'levitated', content: { deep: [content] } }, 'environment'),
        ),
      );
      const stored = fc.sample(event, { numRuns: 1500, seed: 7 });
      const searched = await conversation(store);
      const neighbour = await conversation(store);
      for (let start = 0; start < stored.length; start += 100) {
        const events = stored.slice(start, start + 100);
        await Promise.all([
          append(store, { sid: searched, events }),
          append(store, { sid: neighbour, events }),
        ]);
      }
      const everything = await readAll(store, { sid: searched });
      const word = fc.oneof(
        fc.constantFrom(...words),
        fc.constantFrom('t', 'e', 'é', 'str', 'zzz', '4', '快', 'levitated'),
      );
      const query = fc.record({
        text: fc.array(word, { maxLength: 3 }).map((parts) => parts.join(' ')),
        limit: fc.integer({ min: 1, max: 60 }),
        reverse: fc.boolean(),
        after: fc.integer({ min: -1, max: 1500 }),
        before: fc.integer({ min: 0, max: 1600 }),
        kinds: fc.option(fc.subarray(['message', 'run', 'levitated'])),
        source: fc.option(fc.constantFrom('user', 'agent', 'environment')),
      });
      const check = () =>
        fc.assert(
          fc.asyncProperty(query, async ({ kinds, source, ...rest }) => {
            const fits = (found: StoredEvent) =>
              found.id > rest.after &&
              found.id < rest.before &&
              (source === null || found.source === source) &&
              (kinds === null || kinds.includes('action' in found ? found.action : found.observation)) &&
              matchesSearch(found, searchTokens(rest.text));
            const all = (rest.reverse ? everything.toReversed() : everything).filter(fits);
            const filters = { ...(kinds === null ? {} : { kinds }), ...(source === null ? {} : { source }) };
            const page = await store.events({ sid: searched, ...rest, ...filters });
            expect(ids(page.events)).toEqual(ids(all.slice(0, rest.limit)));
            expect(page.hasMore).toBe(all.length > rest.limit);
          }),
          { numRuns: 150 },
        );
      await check();
      await vi.waitFor(async () => expect(await store.searchLag()).toBe(0), { timeout: 10_000, interval: 5 });
      await check();
      const { events } = await append(store, { sid: searched, events: [message('then the end')] });
      everything.push(...events);
      await check();
      expect(await readAll(store, { sid: searched, text: 'then the end' })).toEqual(events);
    });
  });

  it('counts what its index has yet to take in', async () => {
    expect(await store.searchLag()).toBeGreaterThanOrEqual(0);
    await conversation(store, { events: upTo(2000).map((n) => message(`word ${n}`)) });
    await vi.waitFor(async () => expect(await store.searchLag()).toBe(0), { timeout: 10_000, interval: 5 });
  });
}
