/**
 * The suite that compares a store with the one in memory: any calls, in any order, have the same answers in both.
 * And what a store answers when it is closed, and after it was opened anew.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppendRequest, EventStore } from '../../src/store/event-store.ts';
import { MemoryEventStore } from '../../src/store/memory-event-store.ts';
import {
  append,
  type CreateStore,
  conversation,
  fresh,
  message,
  noon,
  readAll,
  record,
  type StoreUnderTest,
  tryAppend,
  upTo,
} from './event-store-fixtures.ts';

type Call = (store: EventStore, prefix: string) => Promise<unknown>;

const sidOf = (prefix: string, index: number) => `${prefix}-${index}`;
const index = fc.nat({ max: 2 });
const epoch = fc.nat({ max: 3 });
const node = fc.constantFrom('n1', 'n2', 'n3');
const dead = fc.subarray(['n1', 'n2', 'n3']);

const set = fc.record(
  {
    desired: fc.constantFrom('running', 'stopped'),
    executing: fc.constantFrom(null, 0),
    agentState: fc.constantFrom('running', 'paused'),
    due: fc.boolean(),
    settings: fc.constantFrom('s1', 's2'),
  },
  { requiredKeys: [] },
);

const appends = fc
  .record(
    {
      index,
      user: index,
      texts: fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }),
      at: fc.integer({ min: noon, max: noon + 9 }),
      writer: fc.constantFrom('user:u', 'loop'),
      create: fc.boolean(),
      key: fc.constantFrom('k1', 'k2', 'k3'),
      epoch,
      behind: fc.integer({ min: -1, max: 6 }),
      unlessRunning: fc.boolean(),
      limit: fc.nat({ max: 2 }),
      set,
    },
    { requiredKeys: ['index', 'user', 'texts', 'at', 'writer', 'create'] },
  )
  .map(({ index, user, texts, create, ...rest }) => (prefix: string): AppendRequest => {
    return {
      ...rest,
      sid: sidOf(prefix, index),
      events: texts.map((text) => message(text)),
      ...(create ? { create: { userId: `${prefix}-u${user}`, title: `t${index}` } } : {}),
    };
  });

const appendCall = appends.map((request): Call => {
  return (store, prefix) => store.append(request(prefix)).catch((error) => error.code);
});
/** Without a limit on what a user runs: nothing else depends on which of two conversations comes first. */
const ofOneConversation = appends.map((request): Call => {
  return (store, prefix) => {
    const { limit: _, ...rest } = request(prefix);
    return store.append(rest).catch((error) => error.code);
  };
});

/** Calls on one of the conversations. */
function on<T>(
  options: fc.Arbitrary<T>,
  call: (store: EventStore, sid: string, options: T) => Promise<unknown>,
) {
  return fc.tuple(index, options).map(([index, options]): Call => {
    return (store, prefix) => call(store, sidOf(prefix, index), options);
  });
}

const otherCalls = [
  {
    arbitrary: on(fc.record({ node, dead }), (store, sid, { node, dead }) => store.claim(sid, node, dead)),
    weight: 12,
  },
  { arbitrary: on(epoch, (store, sid, epoch) => store.release(sid, epoch)), weight: 4 },
  { arbitrary: on(epoch, (store, sid, epoch) => store.markExecuting(sid, epoch, 0)), weight: 4 },
  { arbitrary: on(fc.string(), (store, sid, title) => store.rename(sid, title)), weight: 3 },
  { arbitrary: on(fc.constant(null), (store, sid) => store.remove(sid)), weight: 1 },
];
const calls = fc.oneof({ arbitrary: appendCall, weight: 40 }, ...otherCalls);
const callsTogether = fc.oneof({ arbitrary: ofOneConversation, weight: 40 }, ...otherCalls);

/** All that can be seen of some conversations and their users. */
async function visible(store: EventStore, prefix: string): Promise<unknown> {
  const sids = upTo(3).map((n) => sidOf(prefix, n));
  const users = upTo(3).map((n) => `${prefix}-u${n}`);
  return Promise.all([
    ...sids.map((sid) => store.conversation(sid)),
    ...sids.map((sid) => readAll(store, { sid })),
    store.heads(sids),
    ...users.flatMap((userId) => [
      store.list({ userId, limit: 100 }),
      store.running(userId, 9),
      store.waiting(userId, 9),
    ]),
    store
      .due({ living: ['n2', 'n3'], limit: 1000 })
      .then((found) => found.filter(({ sid }) => sids.includes(sid))),
  ]);
}

export function modelSuite(create: CreateStore): void {
  let under: StoreUnderTest;
  let store: EventStore;

  beforeAll(async () => {
    under = await create();
    store = under.store;
  });
  afterAll(() => under.close());

  it.each([
    ['one after another', 1, calls],
    ['ten at a time', 10, callsTogether],
  ])('answers any calls as the store in memory does: %s', async (_, together, calls) => {
    await fc.assert(
      fc.asyncProperty(fc.array(calls, { minLength: 5, maxLength: 60 }), async (sequence) => {
        const prefix = fresh('model');
        await using model = new MemoryEventStore();
        await model.open();
        for (let start = 0; start < sequence.length; start += together) {
          const some = sequence.slice(start, start + together);
          const answers = await Promise.all(some.map((call) => call(store, prefix)));
          expect(answers).toEqual(await Promise.all(some.map((call) => call(model, prefix))));
        }
        expect(await visible(store, prefix)).toEqual(await visible(model, prefix));
      }),
      { numRuns: 60 },
    );
  });

  describe('closing and opening', () => {
    it('keeps everything', async ({ skip }) => {
      const own = await create();
      try {
        if (own.reopen === undefined) return skip();
        const sid = await conversation(own.store, {
          events: upTo(300).map((n) => message(`word ${n}`)),
          userId: 'u',
          set: { desired: 'running', due: true, executing: 3, settings: 's', agentState: 'paused' },
        });
        await append(own.store, { sid, events: [message('keyed'), message('twice')], key: 'k' });
        await own.store.claim(sid, 'node-a');
        await own.store.rename(sid, 'Renamed\0');
        await own.store.saveSnapshot({ sid, id: 7, version: '1', state: '{}' });
        const removed = await conversation(own.store, { events: upTo(3000).map((n) => message(`${n}`)) });
        await own.store.remove(removed);
        const look = async (store: EventStore) => [
          await record(store, sid),
          await readAll(store, { sid }),
          await readAll(store, { sid, text: 'word 29' }),
          await store.loadSnapshot(sid, '1'),
          await store.list({ limit: 10 }),
          await store.conversation(removed),
          await tryAppend(store, { sid: removed, create: { userId: 'u', title: '' } }),
        ];
        const before = await look(own.store);
        const reopened = await own.reopen();
        expect(await look(reopened)).toEqual(before);
        const again = await append(reopened, { sid, events: [message('keyed'), message('twice')], key: 'k' });
        expect(again).toMatchObject({ repeated: true, events: [{ id: 300 }, { id: 301 }] });
        expect(await append(reopened, { sid, events: [message('next')], epoch: 1 })).toMatchObject({
          head: 302,
        });
        expect(await reopened.claim(sid, 'node-a')).toMatchObject({ conversation: { epoch: 2 } });
      } finally {
        await own.close();
      }
    });

    it('answers what was asked before the close, and nothing after it', async () => {
      const own = await create();
      const sid = await conversation(own.store);
      const pending = upTo(50).map((n) => append(own.store, { sid, events: [message(`${n}`)] }));
      const closed = own.store[Symbol.asyncDispose]();
      const heads = (await Promise.all(pending)).map((result) => result.head);
      expect(heads).toEqual(upTo(50));
      await closed;
      await expect(tryAppend(own.store, { sid, events: [message('x')] })).rejects.toMatchObject({
        code: 'store_unavailable',
      });
      await expect(own.store.conversation(sid)).rejects.toMatchObject({ code: 'store_unavailable' });
      await expect(own.store.events({ sid, limit: 1 })).rejects.toMatchObject({ code: 'store_unavailable' });
      await own.store[Symbol.asyncDispose]();
      await own.close();
    });
  });
}
