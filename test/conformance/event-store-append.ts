/** The suite of `EventStore.append`: ids, keys, the fence, behind, the limit, and the order of all these. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppendRequest, type EventStore, writerOf } from '../../src/store/event-store.ts';
import {
  agentState,
  append,
  type CreateStore,
  contents,
  conversation,
  fresh,
  ids,
  message,
  noon,
  owned,
  readAll,
  record,
  type StoreUnderTest,
  tryAppend,
  upTo,
} from './event-store-fixtures.ts';

export function appendSuite(create: CreateStore): void {
  let under: StoreUnderTest;
  let store: EventStore;

  beforeAll(async () => {
    under = await create();
    store = under.store;
  });
  afterAll(() => under.close());

  /** Expects that `request` changes nothing, and answers with its result. */
  async function refused(request: Partial<AppendRequest> & { sid: string }) {
    const before = [await store.conversation(request.sid), await readAll(store, { sid: request.sid })];
    const result = await tryAppend(store, request);
    expect([await store.conversation(request.sid), await readAll(store, { sid: request.sid })]).toEqual(
      before,
    );
    return result;
  }

  describe('events', () => {
    it('get the ids 0, 1, 2, … and are answered as they are stored', async () => {
      const sid = await conversation(store);
      const first = await append(store, { sid, events: [message('a'), message('b')], at: noon });
      const second = await append(store, { sid, events: [message('c')], at: noon + 1500 });
      expect(ids([...first.events, ...second.events])).toEqual([0, 1, 2]);
      expect([first.head, second.head]).toEqual([1, 2]);
      expect(second.events[0]).toMatchObject({
        source: 'user',
        timestamp: '2026-01-15T12:00:01.500Z',
        message: 'c',
      });
      expect(await readAll(store, { sid })).toEqual([...first.events, ...second.events]);
      expect(await record(store, sid)).toMatchObject({ head: 2, updatedAt: noon + 1500, createdAt: noon });
    });

    it('get the same ids however many are appended at once, to however many conversations', async () => {
      const made = await Promise.all(upTo(5).map(() => conversation(store)));
      const sids = made.sort().reverse(); // in another order than a store may bring them into
      const results = await Promise.all(
        upTo(400).map((n) => {
          const sid = sids[n % sids.length] ?? '';
          const events = upTo(1 + (n % 3)).map((k) => message(`${n}.${k}`));
          return append(store, { sid, events }).then((result) => ({ sid, ...result }));
        }),
      );
      for (const sid of sids) {
        const stored = await readAll(store, { sid });
        expect(ids(stored)).toEqual(upTo(stored.length));
        const answers = results.filter((result) => result.sid === sid);
        expect(answers.flatMap((answer) => answer.events).sort((a, b) => a.id - b.id)).toEqual(stored);
        for (const { events, head } of answers) expect(head).toBe(events.at(-1)?.id);
        expect((await record(store, sid)).head).toBe(stored.length - 1);
      }
    });

    it('are stored in the order of the calls', async () => {
      const sid = await conversation(store);
      await Promise.all(upTo(100).map((n) => append(store, { sid, events: [message(`${n}`)] })));
      expect(contents(await readAll(store, { sid }))).toEqual(upTo(100).map(String));
    });

    it('keep what the caller gave, whatever the caller does with it afterwards', async () => {
      const sid = await conversation(store);
      const args = { content: 'before', image_urls: ['data:a'], wait_for_response: false };
      const answer = append(store, { sid, events: [{ source: 'user', action: 'message', args }] });
      args.content = 'after';
      args.image_urls.push('data:b');
      await answer;
      expect(await readAll(store, { sid })).toMatchObject([
        { args: { content: 'before', image_urls: ['data:a'] } },
      ]);
    });

    it('are answered and read as the same text, property by property', async () => {
      const sid = await conversation(store);
      const run = { ...agentState('running'), cause: 0 };
      const { events } = await append(store, { sid, events: [message('a'), run, { ...run, cause: 1 }] });
      expect(JSON.stringify(await readAll(store, { sid }))).toBe(JSON.stringify(events));
    });

    it('stay as they are, whatever a reader does with them', async () => {
      const sid = await conversation(store);
      const { events } = await append(store, { sid, events: [message('kept')], key: 'k' });
      const before = structuredClone(events);
      for (const found of [...events, ...(await readAll(store, { sid }))]) {
        Reflect.set(found, 'message', 'changed');
        if ('args' in found && typeof found.args === 'object')
          Reflect.set(found.args ?? {}, 'content', 'changed');
      }
      expect(await readAll(store, { sid })).toEqual(before);
      expect(await append(store, { sid, events: [message('kept')], key: 'k' })).toMatchObject({
        events: before,
      });
    });

    it('keep their cause, their line and the metadata of their tool call', async () => {
      const sid = await conversation(store);
      const event = {
        ...message('hi', 'agent'),
        cause: 0,
        message: 'A line',
        tool_call_metadata: { call: [1, null] },
      };
      const { events } = await append(store, {
        sid,
        events: [message('x'), { ...event, llm_metrics: { accumulated_cost: 0.25 } }],
      });
      expect(events[1]).toEqual({
        id: 1,
        timestamp: '2026-01-15T12:00:00.000Z',
        ...event,
        llm_metrics: { accumulated_cost: 0.25 },
      });
      expect(events[0]).not.toHaveProperty('cause');
      expect(await readAll(store, { sid })).toEqual(events);
    });
  });

  describe('a conversation', () => {
    it('is created by the commit of its first events', async () => {
      const sid = fresh();
      const userId = fresh('user');
      const result = await append(store, {
        sid,
        events: [message('hello')],
        create: { userId, title: 'T', selectedRepository: 'o/r', selectedBranch: 'main', settings: 'sealed' },
        set: { desired: 'running', due: true },
      });
      expect(result).toMatchObject({
        created: true,
        repeated: false,
        head: 0,
        userId,
        desired: 'running',
      });
      expect(await record(store, sid)).toEqual({
        sid,
        userId,
        title: 'T',
        selectedRepository: 'o/r',
        selectedBranch: 'main',
        createdAt: noon,
        updatedAt: noon,
        head: 0,
        desired: 'running',
        owner: null,
        epoch: 0,
        executing: null,
        agentState: 'loading',
        due: true,
        settings: 'sealed',
      });
    });

    it('may be created without events, stopped and with nothing to do', async () => {
      const sid = await conversation(store, { at: noon + 7 });
      expect(await record(store, sid)).toMatchObject({
        head: -1,
        createdAt: noon + 7,
        updatedAt: noon + 7,
        desired: 'stopped',
        due: false,
        selectedRepository: null,
        selectedBranch: null,
        settings: null,
      });
      expect(await readAll(store, { sid })).toEqual([]);
    });

    it('that exists is not created again', async () => {
      const sid = await conversation(store, { title: 'First' });
      const create = { userId: 'other', title: 'Second', settings: 'other' };
      const result = await append(store, { sid, events: [message('x')], create });
      expect(result).toMatchObject({ created: false, head: 0 });
      expect(await record(store, sid)).toMatchObject({ title: 'First', settings: null });
    });

    it('is created once by any number of requests at once', async () => {
      const sid = fresh();
      const results = await Promise.all(
        upTo(50).map((n) =>
          append(store, { sid, events: [message(`${n}`)], create: { userId: 'u', title: `${n}` } }),
        ),
      );
      expect(results.filter((result) => result.created)).toHaveLength(1);
      expect(ids(await readAll(store, { sid }))).toEqual(upTo(50));
    });

    it('that does not exist is missing, and stays so', async () => {
      const sid = fresh();
      const result = await refused({ sid, events: [message('x')], key: 'k', set: { desired: 'running' } });
      expect(result).toEqual({ outcome: 'missing', deleted: false });
    });

    it('that should run already is left alone by a request that says so', async () => {
      const userId = fresh('user');
      const sid = await conversation(store, { userId, events: [message('x')] });
      const start: Partial<AppendRequest> = {
        events: [message('start')],
        unlessRunning: true,
        create: { userId, title: '' },
        set: { desired: 'running', due: true },
      };
      expect(await append(store, { sid, ...start })).toMatchObject({ head: 1, desired: 'running' });
      expect(await refused({ sid, ...start })).toEqual({ outcome: 'running', head: 1, userId });
      await append(store, { sid, set: { desired: 'stopped' } });
      expect(await append(store, { sid, ...start })).toMatchObject({ head: 2 });
    });

    it('is started by exactly one of many requests at once', async () => {
      const sid = fresh();
      const results = await Promise.all(
        upTo(50).map((n) =>
          tryAppend(store, {
            sid,
            events: [message(`${n}`)],
            unlessRunning: true,
            create: { userId: 'u', title: '' },
            set: { desired: 'running' },
          }),
        ),
      );
      expect(results.filter((result) => result.outcome === 'appended')).toHaveLength(1);
      expect(results.filter((result) => result.outcome === 'running')).toHaveLength(49);
      expect((await record(store, sid)).head).toBe(0);
    });
  });

  describe('columns', () => {
    it('change in the commit of the events', async () => {
      const sid = await conversation(store, { events: [message('x')] });
      await append(store, {
        sid,
        events: [message('y'), message('z', 'agent')],
        set: { executing: 1, agentState: 'running', due: true, desired: 'running', settings: 'sealed' },
      });
      expect(await record(store, sid)).toMatchObject({
        head: 2,
        executing: 2,
        agentState: 'running',
        due: true,
        desired: 'running',
        settings: 'sealed',
      });
    });

    it('stay as they are where nothing is said of them', async () => {
      const sid = await owned(store);
      await append(store, {
        sid,
        events: [message('x')],
        set: { executing: 0, agentState: 'paused', settings: 's' },
      });
      const before = await record(store, sid);
      await append(store, { sid, events: [message('y')], at: noon + 9 });
      expect(await record(store, sid)).toEqual({ ...before, head: 1, updatedAt: noon + 9 });
    });

    it('may change without an event, which is no update of the conversation', async () => {
      const sid = await conversation(store, { events: [message('x')], set: { executing: 0, due: true } });
      const before = await record(store, sid);
      const result = await append(store, {
        sid,
        at: noon + 9,
        set: { executing: null, due: false, desired: 'running' },
      });
      expect(result).toMatchObject({ events: [], head: 0, desired: 'running' });
      expect(await record(store, sid)).toEqual({
        ...before,
        executing: null,
        due: false,
        desired: 'running',
      });
    });

    it('of a new conversation change in the commit that creates it', async () => {
      const sid = await conversation(store, {
        events: [message('x')],
        set: { executing: 0, agentState: 'running' },
      });
      expect(await record(store, sid)).toMatchObject({ executing: 0, agentState: 'running' });
    });
  });

  describe('a key', () => {
    it('answers a repeated batch with what it got the first time, and changes nothing', async () => {
      const sid = await conversation(store);
      const batch = { sid, events: [message('a'), message('b')], key: 'k', set: { due: true } };
      const first = await append(store, { ...batch, at: noon });
      await append(store, { sid, events: [message('c')], set: { due: false } });
      const again = await refused({
        ...batch,
        at: noon + 5000,
        set: { due: true, desired: 'running', executing: 0 },
      });
      expect(again).toEqual({ ...first, head: 2, repeated: true });
    });

    it('tells that a repeated batch did not create the conversation', async () => {
      const sid = fresh();
      const request = { sid, events: [message('a')], key: 'k', create: { userId: 'u', title: '' } };
      expect(await append(store, request)).toMatchObject({ created: true, repeated: false });
      expect(await append(store, request)).toMatchObject({ created: false, repeated: true });
    });

    it('is stored once, however many send it at once', async () => {
      const sid = await conversation(store);
      const results = await Promise.all(
        upTo(100).map(() => append(store, { sid, events: [message('a'), message('b')], key: 'k' })),
      );
      expect(results.filter((result) => !result.repeated)).toHaveLength(1);
      for (const result of results) expect(result.events).toEqual(results[0]?.events);
      expect(await readAll(store, { sid })).toEqual(results[0]?.events);
    });

    it('belongs to its writer and its conversation', async () => {
      const [one, two] = [await conversation(store), await conversation(store)];
      const writers = [writerOf.user('a'), writerOf.user('b'), writerOf.loop, writerOf.system];
      for (const sid of [one, two]) {
        for (const writer of writers) {
          const result = await append(store, { sid, events: [message(writer)], key: 'same', writer });
          expect(result.repeated).toBe(false);
        }
        expect(contents(await readAll(store, { sid }))).toEqual(writers);
      }
    });

    it('cannot be split between writer and key in two ways', async () => {
      const sid = await conversation(store);
      const names = [
        ['a', 'b\0c'],
        ['a\0b', 'c'],
        ['a', 'bc'],
        ['ab', 'c'],
      ] as const;
      for (const [writer, key] of names) {
        expect((await append(store, { sid, events: [message('x')], writer, key })).repeated).toBe(false);
      }
    });

    it.each([
      ['another text', [message('b')]],
      ['another source', [message('a', 'agent')]],
      ['another kind', [agentState('running')]],
      ['a cause', [{ ...message('a'), cause: 0 }]],
      ['one event more', [message('a'), message('b')]],
    ])('is a conflict with %s', async (_, events) => {
      const sid = await conversation(store);
      await append(store, { sid, events: [message('a')], key: 'k' });
      expect(await refused({ sid, events, key: 'k' })).toEqual({ outcome: 'conflict' });
    });

    it('is a conflict with one event less, and with the events in another order', async () => {
      const sid = await conversation(store);
      await append(store, { sid, events: [message('a'), message('b')], key: 'k' });
      expect(await refused({ sid, events: [message('a')], key: 'k' })).toEqual({ outcome: 'conflict' });
      expect(await refused({ sid, events: [message('b'), message('a')], key: 'k' })).toEqual({
        outcome: 'conflict',
      });
    });

    it('is no conflict for the order of properties, nor for another human line', async () => {
      const sid = await conversation(store);
      await append(store, { sid, events: [message('a')], key: 'k' });
      const args = { wait_for_response: false, image_urls: [], content: 'a' };
      const again = await append(store, {
        sid,
        events: [{ args, action: 'message', source: 'user', message: 'L' }],
        key: 'k',
      });
      expect(again).toMatchObject({ repeated: true, events: [{ message: 'a' }] });
    });

    it('without events names nothing', async () => {
      const sid = await conversation(store);
      expect(await append(store, { sid, key: 'k', set: { due: true } })).toMatchObject({
        repeated: false,
        events: [],
      });
      expect(await append(store, { sid, key: 'k', events: [message('a')] })).toMatchObject({
        repeated: false,
        head: 0,
      });
    });

    it('may be empty', async () => {
      const sid = await conversation(store);
      expect(await append(store, { sid, key: '', events: [message('a')] })).toMatchObject({
        repeated: false,
      });
      expect(await append(store, { sid, key: '', events: [message('a')] })).toMatchObject({
        repeated: true,
        head: 0,
      });
    });
  });

  describe('the fence', () => {
    it('lets the newest claim through, and no other', async () => {
      const sid = await owned(store);
      const by = (epoch: number) => ({ sid, events: [message('x', 'agent')], writer: writerOf.loop, epoch });
      expect(await append(store, by(1))).toMatchObject({ head: 0 });
      await store.claim(sid, 'node-b', ['node-a']);
      expect(await refused({ ...by(1), set: { executing: 0, due: false } })).toEqual({
        outcome: 'fenced',
        epoch: 2,
      });
      expect(await refused(by(0))).toEqual({ outcome: 'fenced', epoch: 2 });
      expect(await refused(by(3))).toEqual({ outcome: 'fenced', epoch: 2 });
      expect(await append(store, by(2))).toMatchObject({ head: 1 });
    });

    it('refuses a loop that gave its ownership up', async () => {
      const sid = await owned(store);
      await store.release(sid, 1);
      expect(await refused({ sid, events: [message('x')], epoch: 1 })).toEqual({
        outcome: 'fenced',
        epoch: 1,
      });
    });

    it('refuses epoch 0 where nobody has claimed', async () => {
      const sid = await conversation(store);
      expect(await refused({ sid, events: [message('x')], epoch: 0 })).toEqual({
        outcome: 'fenced',
        epoch: 0,
      });
    });

    it('never creates a conversation', async () => {
      const request = { sid: fresh(), events: [message('x')], epoch: 1, create: { userId: 'u', title: '' } };
      expect(await refused(request)).toEqual({ outcome: 'fenced', epoch: 0 });
      expect(await store.conversation(request.sid)).toBeNull();
    });

    it('does not stand before users', async () => {
      const sid = await owned(store);
      expect(await append(store, { sid, events: [message('x')] })).toMatchObject({ head: 0 });
    });

    it('holds where a claim and appends of the old owner come at once', async () => {
      const sid = await owned(store);
      const appends = upTo(40).map(
        (n) => () => tryAppend(store, { sid, events: [message(`${n}`)], epoch: 1 }),
      );
      const take = () => store.claim(sid, 'node-b', ['node-a']);
      const results = await Promise.all(
        [...appends.slice(0, 20), take, ...appends.slice(20)].map((call) => call()),
      );
      const outcomes = results.map((result) => result.outcome);
      expect(outcomes).toEqual([
        ...upTo(20).map(() => 'appended'),
        'claimed',
        ...upTo(20).map(() => 'fenced'),
      ]);
      expect((await record(store, sid)).head).toBe(19);
    });
  });

  describe('behind', () => {
    it('refuses where the head has moved on', async () => {
      const sid = await owned(store, 'node-a', [message('a')]);
      const step = { sid, events: [message('x', 'agent')], epoch: 1, behind: 0, set: { executing: 0 } };
      await append(store, { sid, events: [message('b')] });
      expect(await refused(step)).toEqual({ outcome: 'behind', head: 1 });
      expect(await append(store, { ...step, behind: 1 })).toMatchObject({ head: 2 });
      expect((await record(store, sid)).executing).toBe(2);
    });

    it('lets the first event of an empty log through at -1', async () => {
      const sid = await owned(store);
      expect(await append(store, { sid, events: [message('x')], epoch: 1, behind: -1 })).toMatchObject({
        head: 0,
      });
    });

    it('refuses what expects less than nothing, also where there is no conversation yet', async () => {
      const request = {
        sid: fresh(),
        events: [message('x')],
        behind: -2,
        create: { userId: 'u', title: '' },
      };
      expect(await refused(request)).toEqual({ outcome: 'behind', head: -1 });
      expect(await append(store, { ...request, behind: -1 })).toMatchObject({ created: true, head: 0 });
    });

    it('refuses those of many conversations that are, and no other', async () => {
      const sids = await Promise.all(upTo(60).map(() => owned(store)));
      const results = await Promise.all(
        sids.map((sid, n) =>
          tryAppend(store, { sid, events: [message(`${n}`)], epoch: 1, behind: n % 7 === 3 ? -2 : -1 }),
        ),
      );
      for (const [n, sid] of sids.entries()) {
        const isBehind = n % 7 === 3;
        expect(results[n]).toMatchObject(
          isBehind ? { outcome: 'behind', head: -1 } : { events: [{ id: 0 }] },
        );
        expect(contents(await readAll(store, { sid }))).toEqual(isBehind ? [] : [`${n}`]);
      }
    });

    it('lets exactly one of many through', async () => {
      const sid = await owned(store);
      const step = { sid, events: [message('x')], epoch: 1, behind: -1 };
      const results = await Promise.all(upTo(30).map(() => tryAppend(store, step)));
      expect(results.filter((result) => result.outcome === 'appended')).toHaveLength(1);
      expect(results.filter((result) => result.outcome === 'behind')).toHaveLength(29);
    });
  });

  describe('the limit', () => {
    const running = { desired: 'running' } as const;

    it('keeps a conversation from running, and stores its events', async () => {
      const userId = fresh('user');
      await conversation(store, { userId, set: running });
      const sid = await conversation(store, { userId, set: { settings: 's' } });
      const result = await append(store, {
        sid,
        events: [message('x')],
        set: { ...running, due: true, executing: 0, agentState: 'paused' },
        limit: 1,
      });
      expect(result).toMatchObject({ head: 0, desired: 'waiting' });
      const expected = { desired: 'waiting', due: true, executing: 0, agentState: 'paused', head: 0 };
      expect(await record(store, sid)).toMatchObject(expected);
    });

    it('counts this user’s running conversations only', async () => {
      const userId = fresh('user');
      await conversation(store, { set: running });
      await conversation(store, { userId });
      const started = {
        sid: await conversation(store, { userId }),
        events: [message('x')],
        set: running,
        limit: 1,
      };
      expect(await append(store, started)).toMatchObject({ desired: 'running' });
    });

    it('does not count a conversation against itself', async () => {
      const sid = await conversation(store, { set: running });
      const again = { sid, events: [message('x')], set: { ...running, due: true }, limit: 1 };
      expect(await append(store, again)).toMatchObject({ desired: 'running' });
    });

    it('counts again when a place is free', async () => {
      const userId = fresh('user');
      const first = await conversation(store, { userId, set: running });
      const sid = await conversation(store, { userId });
      const start = { sid, set: running, limit: 1 };
      expect(await append(store, start)).toMatchObject({ desired: 'waiting' });
      await append(store, { sid: first, set: { desired: 'stopped' } });
      expect(await append(store, start)).toMatchObject({ desired: 'running' });
    });

    it('also holds for a conversation that is created by the request', async () => {
      const userId = fresh('user');
      const start = { create: { userId, title: '' }, events: [message('x')], set: running, limit: 0 };
      const sid = fresh();
      expect(await append(store, { sid, ...start })).toMatchObject({
        created: true,
        desired: 'waiting',
      });
      expect(await record(store, sid)).toMatchObject({ desired: 'waiting' });
    });

    it('only matters where the request asks to run', async () => {
      const sid = await conversation(store);
      expect(await append(store, { sid, events: [message('x')], limit: 0 })).toMatchObject({
        desired: 'stopped',
      });
      expect((await record(store, sid)).due).toBe(false);
    });

    it('holds for any number of starts at once', async () => {
      const userId = fresh('user');
      const results = await Promise.all(
        upTo(40).map((n) =>
          append(store, {
            sid: fresh(),
            create: { userId, title: `${n}` },
            events: [message('x')],
            set: running,
            limit: 7,
          }),
        ),
      );
      expect(results.filter((result) => result.desired === 'running')).toHaveLength(7);
      expect(results.filter((result) => result.desired === 'waiting')).toHaveLength(33);
      expect(await store.running(userId, 100)).toHaveLength(7);
      expect(await store.waiting(userId, 100)).toHaveLength(33);
    });

    it('is told again to who repeats the request while it waits', async () => {
      const sid = await conversation(store);
      const start = { sid, events: [message('x')], key: 'k', set: running, limit: 0 };
      expect(await append(store, start)).toMatchObject({ repeated: false, desired: 'waiting' });
      expect(await append(store, start)).toMatchObject({ repeated: true, desired: 'waiting' });
      await append(store, { sid, set: running });
      expect(await append(store, start)).toMatchObject({
        repeated: true,
        desired: 'running',
      });
    });
  });

  describe('the order of the rules', () => {
    it('looks the key up before unlessRunning, the fence and behind', async () => {
      const sid = await owned(store);
      const batch = {
        sid,
        events: [message('a', 'agent')],
        key: '1.0',
        writer: writerOf.loop,
        epoch: 1,
        behind: -1,
      };
      const first = await append(store, batch);
      await store.claim(sid, 'node-b', ['node-a']);
      expect(await refused({ ...batch, unlessRunning: true })).toEqual({
        ...first,
        repeated: true,
        owner: 'node-b',
      });
      expect(await refused({ ...batch, events: [message('b')], unlessRunning: true })).toEqual({
        outcome: 'conflict',
      });
    });

    it('looks at unlessRunning before the fence, and at the fence before behind', async () => {
      const sid = await owned(store, 'node-a', [message('a')]);
      const wrong = { sid, events: [message('x')], epoch: 9, behind: -1 };
      expect(await refused({ ...wrong, unlessRunning: true })).toMatchObject({ outcome: 'running' });
      expect(await refused(wrong)).toEqual({ outcome: 'fenced', epoch: 1 });
      expect(await refused({ ...wrong, epoch: 1 })).toEqual({ outcome: 'behind', head: 0 });
    });

    it('looks at behind before the limit', async () => {
      const sid = await conversation(store, { events: [message('a')] });
      const late = {
        sid,
        events: [message('x')],
        behind: -1,
        set: { desired: 'running' as const },
        limit: 0,
      };
      expect(await refused(late)).toEqual({ outcome: 'behind', head: 0 });
    });
  });

  it.each<[string, Partial<AppendRequest>]>([
    ['an action under way that is not among the events', { set: { executing: 1 } }],
    ['an action under way below the first event', { set: { executing: -1 } }],
    ['a time that is no number', { at: Number.NaN }],
    ['a time that is no whole number', { at: 0.5 }],
    ['a time that no calendar has', { at: 9e15 }],
    ['an event with a cause that is no id', { events: [{ ...message('x'), cause: -1 }] }],
  ])('refuses %s', async (_, request) => {
    const sid = await conversation(store);
    await expect(tryAppend(store, { sid, events: [message('x')], ...request })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    expect((await record(store, sid)).head).toBe(-1);
  });

  it.each(['', 'a/b', '../x', 'a b', 'ä', 'x'.repeat(65), 'a\0'])(
    'creates no conversation named %j',
    async (sid) => {
      await expect(tryAppend(store, { sid, create: { userId: 'u', title: '' } })).rejects.toMatchObject({
        code: 'invalid_request',
      });
      expect(await store.conversation(sid)).toBeNull();
    },
  );
}
