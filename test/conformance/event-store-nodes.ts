/** The suite of stores that several nodes have open at once: what must hold where nothing but the data is shared. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventStore } from '../../src/store/event-store.ts';
import {
  append,
  conversation,
  fresh,
  ids,
  message,
  owned,
  readAll,
  record,
  type SharedStoreUnderTest,
  tryAppend,
  upTo,
} from './event-store-fixtures.ts';

export function nodesSuite(create: () => Promise<SharedStoreUnderTest>): void {
  let under: SharedStoreUnderTest;
  let store: EventStore;
  let other: EventStore;

  beforeAll(async () => {
    under = await create();
    store = under.store;
    other = await under.another();
  });
  afterAll(() => under.close());

  /** The two stores in turn. */
  const at = (n: number): EventStore => (n % 2 === 0 ? store : other);

  describe('appends of two nodes at once', () => {
    it('get ids without gap or repeat', async () => {
      for (const sid of await Promise.all(upTo(8).map(() => conversation(store)))) {
        // What is large takes long enough to meet what the other node sends.
        const events = [message('x'.repeat(5_000))];
        await Promise.all(upTo(100).map((n) => append(at(n), { sid, events })));
        expect(ids(await readAll(store, { sid }))).toEqual(upTo(100));
      }
    });

    it('under one key are stored once', async () => {
      for (const key of upTo(20).map(String)) {
        const sid = await conversation(store);
        const results = await Promise.all(
          upTo(4).map((n) => append(at(n), { sid, events: [message('a')], key })),
        );
        expect(results.filter(({ repeated }) => !repeated)).toHaveLength(1);
        expect((await record(store, sid)).head).toBe(0);
      }
    });

    it('create a conversation once', async () => {
      // What is large takes long enough to meet what the other node sends.
      const events = [message('x'.repeat(500_000))];
      for (const userId of upTo(12).map(() => fresh('user'))) {
        const sid = fresh();
        const request = { sid, events, create: { userId, title: '' } };
        // One each: several of one node would go together, and a failure of all of them is tried again one by one.
        const results = await Promise.all(upTo(2).map((n) => append(at(n), request)));
        expect(results.filter(({ created }) => created)).toHaveLength(1);
        expect(ids(await readAll(store, { sid }))).toEqual(upTo(2));
      }
    });

    it('keep to the user’s limit', async () => {
      // Many users at once: what each node sends takes long enough to meet what the other one sends.
      const users = upTo(40).map(() => fresh('user'));
      const own = await Promise.all(
        users.map((userId) => Promise.all(upTo(6).map(() => conversation(store, { userId })))),
      );
      const start = { events: [message('x')], set: { desired: 'running' }, limit: 1 } as const;
      await Promise.all(own.flat().map((sid, n) => append(at(n), { sid, ...start })));
      for (const userId of users) {
        expect(await store.running(userId, 10)).toHaveLength(1);
        expect(await store.waiting(userId, 10)).toHaveLength(5);
      }
    });
  });

  it('a claim by one node fences the loop of the other', async () => {
    const sid = await owned(store, 'node-a');
    const outcomes: string[] = [];
    const write = async () => {
      for (const n of upTo(20)) {
        const result = await tryAppend(at(0), { sid, events: [message(`${n}`)], epoch: 1 });
        outcomes.push(result.outcome);
      }
    };
    const [claim] = await Promise.all([at(1).claim(sid, 'node-b', ['node-a']), write()]);
    expect(claim).toMatchObject({ outcome: 'claimed', conversation: { epoch: 2 } });
    const written = outcomes.filter((outcome) => outcome === 'appended');
    expect(outcomes).toEqual([...written, ...upTo(20 - written.length).map(() => 'fenced')]);
    expect((await record(store, sid)).head).toBe(written.length - 1);
    expect(await tryAppend(at(0), { sid, events: [message('late')], epoch: 1 })).toEqual({
      outcome: 'fenced',
      epoch: 2,
    });
  });

  it('of two nodes that claim at once, one gets the conversation', async () => {
    for (const sid of await Promise.all(
      upTo(20).map(() => conversation(store, { set: { desired: 'running' } })),
    )) {
      const claims = await Promise.all(upTo(4).map((n) => at(n).claim(sid, `node-${n}`)));
      expect(claims.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1);
      expect((await record(store, sid)).epoch).toBe(1);
    }
  });
}
