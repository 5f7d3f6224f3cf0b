/** The suite of reads: pages of events, lists of conversations, heads, snapshots, deletion. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NewEvent, StoredEvent } from '../../src/events/event.ts';
import type { ConversationRecord, EventQuery, EventStore } from '../../src/store/event-store.ts';
import {
  agentState,
  append,
  type CreateStore,
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

export function readSuite(create: CreateStore): void {
  let under: StoreUnderTest;
  let store: EventStore;

  beforeAll(async () => {
    under = await create();
    store = under.store;
  });
  afterAll(() => under.close());

  describe('a page of events', () => {
    let sid: string;
    /** 250 events: every tenth a state, every fourth of an agent, one a second. */
    beforeAll(async () => {
      sid = await conversation(store);
      for (const n of upTo(250)) {
        const event = n % 10 === 9 ? agentState('running') : message(`${n}`, n % 4 === 0 ? 'agent' : 'user');
        await append(store, { sid, events: [event], at: noon + n * 1000 });
      }
    });

    const page = (query: Partial<EventQuery>) => store.events({ sid, limit: 1000, ...query });

    it('has the ids between its bounds, ascending or descending', async () => {
      expect(ids((await page({})).events)).toEqual(upTo(250));
      expect(ids((await page({ after: 9, before: 13 })).events)).toEqual([10, 11, 12]);
      expect(ids((await page({ after: 9, before: 13, reverse: true })).events)).toEqual([12, 11, 10]);
      expect(ids((await page({ after: 9, before: 10 })).events)).toEqual([]);
      expect(ids((await page({ after: 249 })).events)).toEqual([]);
      expect(ids((await page({ after: 1e12 })).events)).toEqual([]);
      expect(ids((await page({ before: 0 })).events)).toEqual([]);
      expect(ids((await page({ before: 1e12, after: -1e12, reverse: true, limit: 1 })).events)).toEqual([
        249,
      ]);
      expect(
        ids(
          (await page({ after: Number.NEGATIVE_INFINITY, before: Number.POSITIVE_INFINITY, limit: 1 }))
            .events,
        ),
      ).toEqual([0]);
    });

    it('tells whether there is more in its direction', async () => {
      expect(await page({ limit: 249 })).toMatchObject({ hasMore: true });
      expect(await page({ limit: 250 })).toMatchObject({ hasMore: false });
      expect(await page({ limit: 249, reverse: true })).toMatchObject({ hasMore: true });
      expect(await page({ limit: 250, reverse: true })).toMatchObject({ hasMore: false });
      expect(await page({ limit: 3, after: 9, before: 13 })).toMatchObject({ hasMore: false });
      expect(await page({ limit: 25, kinds: ['agent_state_changed'] })).toMatchObject({ hasMore: false });
      expect(await page({ limit: 24, kinds: ['agent_state_changed'] })).toMatchObject({ hasMore: true });
    });

    it('leaves out what the filters do not fit', async () => {
      const isState = (n: number) => n % 10 === 9;
      const fromAgent = (n: number) => !isState(n) && n % 4 === 0;
      expect(ids((await page({ kinds: ['agent_state_changed'] })).events)).toEqual(upTo(250).filter(isState));
      expect(ids((await page({ kinds: ['message', 'agent_state_changed'] })).events)).toEqual(upTo(250));
      expect(ids((await page({ kinds: ['unheard_of'] })).events)).toEqual([]);
      expect(ids((await page({ kinds: [] })).events)).toEqual([]);
      expect(ids((await page({ source: 'agent' })).events)).toEqual(upTo(250).filter(fromAgent));
      expect(ids((await page({ since: noon + 5000, until: noon + 7000 })).events)).toEqual([5, 6, 7]);
      expect(ids((await page({ since: noon + 5001, until: noon + 6999 })).events)).toEqual([6]);
      expect(ids((await page({ since: noon + 5000.5, until: noon + 6999.5 })).events)).toEqual([6]);
      expect(ids((await page({ since: noon + 4999.5, until: noon + 6000.5 })).events)).toEqual([5, 6]);
      const all = {
        kinds: ['message'],
        source: 'agent',
        since: noon + 100_000,
        after: 120,
        before: 200,
      } as const;
      const expected = upTo(200)
        .filter((n) => fromAgent(n) && n > 120)
        .reverse();
      expect(ids((await page({ ...all, reverse: true })).events)).toEqual(expected);
    });

    it('finds the same page by page as at once', async () => {
      for (const limit of [1, 7, 100]) {
        for (const query of [
          {},
          { reverse: true },
          { source: 'agent', reverse: true },
          { kinds: ['message'] },
        ] as const) {
          expect(await readAll(store, { sid, limit, ...query })).toEqual(
            await readAll(store, { sid, ...query }),
          );
        }
      }
    });

    it('of an unknown conversation is empty', async () => {
      expect(await store.events({ sid: fresh(), limit: 10 })).toEqual({ events: [], hasMore: false });
      expect(await store.events({ sid: '../x', limit: 10 })).toEqual({ events: [], hasMore: false });
    });

    it.each([0, -1, 1001, 1.5, Number.NaN])('is refused with the limit %d', async (limit) => {
      await expect(page({ limit })).rejects.toMatchObject({ code: 'invalid_request' });
    });

    it('is refused with a bound that is no number', async () => {
      await expect(page({ after: Number.NaN })).rejects.toMatchObject({ code: 'invalid_request' });
    });

    it('never mixes conversations', async () => {
      const [one, two] = [await conversation(store), await conversation(store)];
      await append(store, { sid: one, events: [message('of one')] });
      await append(store, { sid: two, events: [message('of two')] });
      expect(await readAll(store, { sid: one })).toMatchObject([{ message: 'of one' }]);
      expect(await readAll(store, { sid: two, reverse: true })).toMatchObject([{ message: 'of two' }]);
    });

    it('is shorter where events are large, but never empty', async () => {
      const large = await conversation(store);
      const sizes = [1, 3_000_000, 5_000_000, 1, 2_000_000, 3_000_000, 1];
      for (const size of sizes) await append(store, { sid: large, events: [message('x'.repeat(size))] });
      for (const reverse of [false, true]) {
        const first = await store.events({ sid: large, limit: 1000, reverse });
        expect(first.events.length).toBeGreaterThan(0);
        expect(first.events.length).toBeLessThan(sizes.length);
        expect(first.hasMore).toBe(true);
        const found = await readAll(store, { sid: large, reverse });
        const lengths = found.map((event) => event.message.length);
        expect(lengths).toEqual(reverse ? sizes.toReversed() : sizes);
      }
    });

    it('sees an append that was answered', async () => {
      const own = await conversation(store);
      for (const n of upTo(50)) {
        const { events } = await append(store, { sid: own, events: [message(`${n}`)] });
        expect(await store.events({ sid: own, after: n - 1, limit: 10 })).toEqual({ events, hasMore: false });
        expect((await record(store, own)).head).toBe(n);
      }
    });
  });

  describe('the newest event of a kind', () => {
    it('is looked for downwards from a bound', async () => {
      const kinds: NewEvent[] = [
        message('a'),
        agentState('running'),
        message('b'),
        agentState('paused'),
        message('c'),
      ];
      const sid = await conversation(store, { events: kinds });
      const newest = async (kind: string, bound?: number) =>
        (await store.newest(sid, kind, bound))?.id ?? null;
      expect(await newest('agent_state_changed')).toBe(3);
      expect(await newest('agent_state_changed', 99)).toBe(3);
      expect(await newest('agent_state_changed', 3)).toBe(3);
      expect(await newest('agent_state_changed', 2)).toBe(1);
      expect(await newest('agent_state_changed', 0)).toBeNull();
      expect(await newest('message')).toBe(4);
      expect(await newest('message', -1)).toBeNull();
      expect(await newest('run')).toBeNull();
      expect(await store.newest(fresh(), 'message')).toBeNull();
      expect(await store.newest(sid, 'message', 2)).toEqual((await readAll(store, { sid }))[2]);
    });
  });

  describe('heads', () => {
    it('are given for all that exist, in one answer', async () => {
      const sids = await Promise.all(
        upTo(30).map((n) => conversation(store, { events: upTo(n).map((k) => message(`${k}`)) })),
      );
      const unknown = upTo(970).map(() => fresh());
      const heads = await store.heads([...sids, ...unknown, ...sids]);
      expect(heads).toEqual(new Map(sids.map((sid, n) => [sid, n - 1])));
      expect(await store.heads([])).toEqual(new Map());
    });
  });

  describe('a title', () => {
    it('changes, and nothing else does', async () => {
      const sid = await conversation(store, { events: [message('x')] });
      const before = await record(store, sid);
      expect(await store.rename(sid, 'Another')).toBe(true);
      expect(await record(store, sid)).toEqual({ ...before, title: 'Another' });
      expect(await store.rename(fresh(), 'Another')).toBe(false);
      await append(store, { sid, events: [message('y')] });
      expect(await record(store, sid)).toMatchObject({ title: 'Another', head: 1 });
    });

    it('changes from one that is named only where it still has that', async () => {
      const sid = await conversation(store, { events: [message('x')] });
      const { title } = await record(store, sid);
      expect(await store.rename(sid, 'Second', title)).toBe(true);
      expect(await store.rename(sid, 'Third', title)).toBe(false);
      expect(await record(store, sid)).toMatchObject({ title: 'Second' });
      expect(await store.rename(fresh(), 'Third', title)).toBe(false);
    });
  });

  describe('the list of conversations', () => {
    async function listAll(userId: string | undefined, limit: number): Promise<ConversationRecord[]> {
      const found: ConversationRecord[] = [];
      const seen = new Set<string>();
      let cursor: string | null = null;
      do {
        const query = {
          limit,
          ...(userId === undefined ? {} : { userId }),
          ...(cursor === null ? {} : { cursor }),
        };
        const page = await store.list(query);
        // Else a list that repeats itself would never end.
        for (const { sid } of page.conversations) expect(seen.has(sid)).toBe(false);
        for (const { sid } of page.conversations) seen.add(sid);
        found.push(...page.conversations);
        expect(page.conversations.length).toBeLessThanOrEqual(limit);
        cursor = page.next;
      } while (cursor !== null);
      return found;
    }

    const newestFirst = (left: ConversationRecord, right: ConversationRecord) =>
      right.createdAt - left.createdAt || (left.sid < right.sid ? 1 : -1);

    it('goes from the newest to the oldest, also where many are equally old', async () => {
      const userId = fresh('user');
      const prefix = fresh('s');
      const names = ['b', 'B', 'a', '-', '_', '0', 'Z', 'z', 'aa', 'ab', 'b0', '00'].map(
        (name) => `${prefix}${name}`,
      );
      await Promise.all(names.map((sid, n) => conversation(store, { sid, userId, at: noon + (n % 3) })));
      await Promise.all(upTo(5).map(() => conversation(store)));
      const expected = (await Promise.all(names.map((sid) => record(store, sid)))).sort(newestFirst);
      for (const limit of [1, 2, 5, 12, 100]) expect(await listAll(userId, limit)).toEqual(expected);
    });

    it('is of everybody’s where no user is named', async () => {
      const [one, two] = [await conversation(store), await conversation(store, { userId: '' })];
      const all = await listAll(undefined, 100);
      expect(await listAll(undefined, 7)).toEqual(all);
      expect(all.map(({ sid }) => sid)).toEqual(expect.arrayContaining([one, two]));
      expect(all).toEqual([...all].sort(newestFirst));
      expect(new Set(all.map(({ sid }) => sid)).size).toBe(all.length);
    });

    it('shows each once, whatever is created or appended between its pages', async () => {
      const userId = fresh('user');
      const sids = await Promise.all(upTo(6).map((n) => conversation(store, { userId, at: noon + n })));
      const first = await store.list({ userId, limit: 3 });
      await conversation(store, { userId, at: noon + 99 });
      await append(store, { sid: sids[0] ?? '', events: [message('x')], at: noon + 100 });
      const second = await store.list({ userId, limit: 3, cursor: first.next ?? '' });
      const shown = [...first.conversations, ...second.conversations].map(({ sid }) => sid);
      expect(shown).toEqual(sids.toReversed());
      expect(second.next).toBeNull();
    });

    it('ends where a full page is the last one', async () => {
      const userId = fresh('user');
      for (const _ of upTo(4)) await conversation(store, { userId });
      expect((await store.list({ userId, limit: 4 })).next).toBeNull();
      expect((await store.list({ userId, limit: 3 })).next).not.toBeNull();
      expect(await store.list({ userId: fresh('user'), limit: 4 })).toEqual({
        conversations: [],
        next: null,
      });
    });

    it.each(['', 'x', '1', '1.', '1.a/b', '-1.a', '1.a.b', '99999999999999999999.a', '1.a\0'])(
      'refuses the cursor %j',
      async (cursor) => {
        await expect(store.list({ limit: 10, cursor })).rejects.toMatchObject({ code: 'invalid_request' });
      },
    );

    it.each([0, 101, 1.5])('refuses the limit %d', async (limit) => {
      await expect(store.list({ limit })).rejects.toMatchObject({ code: 'invalid_request' });
    });
  });

  describe('a snapshot', () => {
    it('is the newest of its version', async () => {
      const sid = await conversation(store, { events: upTo(20).map((n) => message(`${n}`)) });
      const snapshot = (id: number, version: string) => ({
        sid,
        id,
        version,
        state: JSON.stringify({ id, version }),
      });
      expect(await store.loadSnapshot(sid, '1')).toBeNull();
      await store.saveSnapshot(snapshot(5, '1'));
      await store.saveSnapshot(snapshot(9, '1'));
      await store.saveSnapshot(snapshot(7, '1'));
      await store.saveSnapshot(snapshot(3, '2'));
      expect(await store.loadSnapshot(sid, '1')).toEqual(snapshot(9, '1'));
      expect(await store.loadSnapshot(sid, '2')).toEqual(snapshot(3, '2'));
      expect(await store.loadSnapshot(sid, '3')).toBeNull();
    });

    it('is of one conversation', async () => {
      const [one, two] = [await conversation(store), await conversation(store)];
      await store.saveSnapshot({ sid: one, id: 0, version: '1', state: 'of one' });
      expect(await store.loadSnapshot(two, '1')).toBeNull();
      await store.saveSnapshot({ sid: two, id: 0, version: '1', state: 'of two' });
      expect(await store.loadSnapshot(one, '1')).toMatchObject({ sid: one, state: 'of one' });
      expect(await store.loadSnapshot(two, '1')).toMatchObject({ sid: two, state: 'of two' });
    });

    it('of a conversation that is gone is not kept', async () => {
      const sid = fresh();
      await store.saveSnapshot({ sid, id: 0, version: '1', state: '{}' });
      expect(await store.loadSnapshot(sid, '1')).toBeNull();
    });

    it('may be large', async () => {
      const sid = await conversation(store, { events: [message('x')] });
      const snapshot = { sid, id: 0, version: '1', state: JSON.stringify('é'.repeat(5_000_000)) };
      await store.saveSnapshot(snapshot);
      expect(await store.loadSnapshot(sid, '1')).toEqual(snapshot);
    });
  });

  describe('a deleted conversation', () => {
    it('is gone from every answer at once', async () => {
      const userId = fresh('user');
      const sid = await conversation(store, {
        userId,
        events: upTo(3000).map((n) => message(`word${n}`)),
        set: { desired: 'running', due: true },
      });
      await store.saveSnapshot({ sid, id: 0, version: '1', state: '{}' });
      expect(await store.remove(sid)).toBe(true);
      expect(await store.conversation(sid)).toBeNull();
      expect(await store.events({ sid, limit: 10 })).toEqual({ events: [], hasMore: false });
      expect(await store.events({ sid, limit: 10, text: 'word1' })).toEqual({ events: [], hasMore: false });
      expect(await store.newest(sid, 'message')).toBeNull();
      expect(await store.heads([sid])).toEqual(new Map());
      expect(await store.list({ userId, limit: 10 })).toEqual({ conversations: [], next: null });
      expect(await store.running(userId, 10)).toEqual([]);
      expect((await store.due({ living: [], limit: 1000 })).map((found) => found.sid)).not.toContain(sid);
      expect(await store.loadSnapshot(sid, '1')).toBeNull();
      expect(await store.claim(sid, 'node-a')).toEqual({ outcome: 'missing' });
      expect(await store.release(sid, 1)).toBe(false);
      expect(await store.rename(sid, 'x')).toBe(false);
      expect(await store.remove(sid)).toBe(false);
    });

    it('is never created again', async () => {
      const sid = await owned(store, 'node-a');
      const loop = { sid, events: [message('x')], writer: 'loop', key: '1.0', epoch: 1 };
      await append(store, loop);
      await store.remove(sid);
      const missing = { outcome: 'missing', deleted: true };
      expect(await tryAppend(store, loop)).toEqual(missing);
      expect(await tryAppend(store, { sid, events: [message('x')] })).toEqual(missing);
      expect(await tryAppend(store, { sid, create: { userId: 'u', title: '' } })).toEqual(missing);
      expect(await store.conversation(sid)).toBeNull();
    });

    it('frees its place of a limit', async () => {
      const userId = fresh('user');
      const start = { userId, set: { desired: 'running' }, limit: 1 } as const;
      const sid = await conversation(store, start);
      await store.remove(sid);
      expect(await record(store, await conversation(store, start))).toMatchObject({ desired: 'running' });
    });

    it('takes nothing of others with it', async () => {
      const sids = [];
      for (const n of upTo(3))
        sids.push(await conversation(store, { events: upTo(500).map((k) => message(`${n}.${k}`)) }));
      const before: StoredEvent[][] = await Promise.all(sids.map((sid) => readAll(store, { sid })));
      await store.remove(sids[1] ?? '');
      expect(await readAll(store, { sid: sids[0] ?? '' })).toEqual(before[0]);
      expect(await readAll(store, { sid: sids[2] ?? '' })).toEqual(before[2]);
    });

    it('that never was is not deleted', async () => {
      const sid = fresh();
      expect(await store.remove(sid)).toBe(false);
      expect(await append(store, { sid, create: { userId: 'u', title: '' } })).toMatchObject({
        created: true,
      });
    });
  });
}
