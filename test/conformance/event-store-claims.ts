/** The suite of ownership: claims, releases, the action under way, and the lists that nodes work from. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConversationRecord, EventStore } from '../../src/store/event-store.ts';
import {
  append,
  type CreateStore,
  conversation,
  fresh,
  message,
  noon,
  owned,
  record,
  type StoreUnderTest,
  upTo,
} from './event-store-fixtures.ts';

export function claimSuite(create: CreateStore): void {
  let under: StoreUnderTest;
  let store: EventStore;

  beforeAll(async () => {
    under = await create();
    store = under.store;
  });
  afterAll(() => under.close());

  const sidsOf = (records: readonly ConversationRecord[]) => records.map(({ sid }) => sid);

  describe('a claim', () => {
    it('makes the claimer the owner and raises the epoch', async () => {
      const sid = await conversation(store, {
        events: [message('x')],
        set: { desired: 'running', settings: 's' },
      });
      const before = await record(store, sid);
      const claim = await store.claim(sid, 'node-a');
      const after = { ...before, owner: 'node-a', epoch: 1 };
      expect(claim).toEqual({ outcome: 'claimed', conversation: after });
      expect(await record(store, sid)).toEqual(after);
    });

    it('is refused while somebody living owns it', async () => {
      const sid = await owned(store, 'node-a');
      const refusal = { outcome: 'refused', owner: 'node-a', desired: 'running' };
      expect(await store.claim(sid, 'node-b')).toEqual(refusal);
      expect(await store.claim(sid, 'node-b', ['node-c'])).toEqual(refusal);
      expect(await record(store, sid)).toMatchObject({ owner: 'node-a', epoch: 1 });
    });

    it('takes over from the dead, and from nobody else', async () => {
      const sid = await owned(store, 'node-a');
      const claim = await store.claim(sid, 'node-b', ['node-x', 'node-a']);
      expect(claim).toMatchObject({ outcome: 'claimed', conversation: { owner: 'node-b', epoch: 2 } });
      expect(await store.claim(sid, 'node-c', ['node-x', 'node-a'])).toMatchObject({
        outcome: 'refused',
      });
    });

    it('by the owner raises the epoch again', async () => {
      const sid = await owned(store, 'node-a');
      expect(await store.claim(sid, 'node-a')).toMatchObject({
        outcome: 'claimed',
        conversation: { epoch: 2 },
      });
    });

    it('is refused where the conversation should not run, unless that is still to be carried out', async () => {
      const sid = await conversation(store);
      expect(await store.claim(sid, 'node-a')).toEqual({
        outcome: 'refused',
        owner: null,
        desired: 'stopped',
      });
      await append(store, { sid, set: { due: true } });
      expect(await store.claim(sid, 'node-a')).toMatchObject({ outcome: 'claimed' });
      expect(await record(store, sid)).toMatchObject({ desired: 'stopped', owner: 'node-a', epoch: 1 });
    });

    it('is refused while the conversation waits for a place', async () => {
      const sid = await conversation(store, { limit: 0, set: { desired: 'running', due: true } });
      const refusal = { outcome: 'refused', owner: null, desired: 'waiting' };
      expect(await store.claim(sid, 'node-a')).toEqual(refusal);
    });

    it('of nothing is missing', async () => {
      expect(await store.claim(fresh(), 'node-a')).toEqual({ outcome: 'missing' });
    });

    it('is won by exactly one of many at once, every round with a higher epoch', async () => {
      const sid = await conversation(store, { set: { desired: 'running' } });
      let dead: string[] = [];
      for (const round of upTo(10)) {
        const nodes = upTo(8).map((n) => `node-${round}-${n}`);
        const claims = await Promise.all(nodes.map((node) => store.claim(sid, node, dead)));
        const won = claims.filter((claim) => claim.outcome === 'claimed');
        expect(won).toHaveLength(1);
        expect(won[0]?.conversation.epoch).toBe(round + 1);
        dead = nodes;
      }
    });

    it('keeps the action under way: its new owner must answer it', async () => {
      const sid = await owned(store, 'node-a');
      await append(store, { sid, events: [message('x', 'agent')], epoch: 1, set: { executing: 0 } });
      const claim = await store.claim(sid, 'node-b', ['node-a']);
      expect(claim).toMatchObject({ conversation: { executing: 0 } });
    });
  });

  describe('a release', () => {
    it('leaves the conversation to the next claimer, whose epoch is higher still', async () => {
      const sid = await owned(store, 'node-a');
      expect(await store.release(sid, 1)).toBe(true);
      expect(await record(store, sid)).toMatchObject({ owner: null, epoch: 1, desired: 'running' });
      expect(await store.claim(sid, 'node-b')).toMatchObject({ conversation: { owner: 'node-b', epoch: 2 } });
    });

    it('of an older claim changes nothing', async () => {
      const sid = await owned(store, 'node-a');
      await store.claim(sid, 'node-b', ['node-a']);
      expect(await store.release(sid, 1)).toBe(false);
      expect(await store.release(sid, 3)).toBe(false);
      expect(await record(store, sid)).toMatchObject({ owner: 'node-b', epoch: 2 });
    });

    it('of nothing answers false', async () => {
      expect(await store.release(fresh(), 1)).toBe(false);
      expect(await store.release(await conversation(store), 0)).toBe(false);
    });

    it('may be repeated', async () => {
      const sid = await owned(store, 'node-a');
      await store.release(sid, 1);
      expect(await store.release(sid, 1)).toBe(true);
    });
  });

  describe('the action under way', () => {
    it('is named by the owner', async () => {
      const sid = await owned(store, 'node-a', [message('run it')]);
      expect(await store.markExecuting(sid, 1, 0)).toBe(true);
      expect((await record(store, sid)).executing).toBe(0);
    });

    it('is not named by who is not the owner any more', async () => {
      const sid = await owned(store, 'node-a', [message('run it')]);
      expect(await store.markExecuting(sid, 0, 0)).toBe(false);
      expect(await store.markExecuting(sid, 2, 0)).toBe(false);
      await store.release(sid, 1);
      expect(await store.markExecuting(sid, 1, 0)).toBe(false);
      expect((await record(store, sid)).executing).toBeNull();
      expect(await store.markExecuting(fresh(), 1, 0)).toBe(false);
    });
  });

  describe('due', () => {
    it('lists what should run, has something to do, and is nobody’s, or that of none among the living', async () => {
      const running = { desired: 'running', due: true } as const;
      const free = await conversation(store, { set: running });
      const [lost, busy] = [await owned(store, 'node-dead'), await owned(store, 'node-a')];
      const idle = await conversation(store, { set: { desired: 'running', due: false } });
      const waiting = await conversation(store, { limit: 0, set: { desired: 'running', due: true } });
      const stopping = await conversation(store, { set: { desired: 'stopped', due: true } });
      const listed = sidsOf(await store.due({ living: ['node-a', 'node-b'], limit: 1000 }));
      const mine = new Set([free, lost, busy, idle, waiting, stopping]);
      expect(new Set(listed.filter((sid) => mine.has(sid)))).toEqual(new Set([free, lost, stopping]));
      expect(sidsOf(await store.due({ living: ['node-dead', 'node-a'], limit: 1000 }))).not.toContain(lost);
    });

    it('leaves out what is done, claimed or stopped, and takes in what is released', async () => {
      const lists = async (sid: string) =>
        sidsOf(await store.due({ living: ['node-a'], limit: 1000 })).includes(sid);
      const sid = await owned(store, 'node-a');
      expect(await lists(sid)).toBe(false);
      await store.release(sid, 1);
      expect(await lists(sid)).toBe(true);
      await append(store, { sid, set: { due: false } });
      expect(await lists(sid)).toBe(false);
      await append(store, { sid, set: { due: true } });
      expect(await lists(sid)).toBe(true);
      await append(store, { sid, set: { desired: 'stopped' } });
      expect(await lists(sid)).toBe(true);
      await append(store, { sid, set: { due: false } });
      expect(await lists(sid)).toBe(false);
    });

    it('keeps to its limit, least recently updated first', async () => {
      const set = { desired: 'running', due: true } as const;
      const sids = [];
      for (const n of [2, 0, 1])
        sids[n] = await conversation(store, { events: [message('x')], at: 1000 + n, set });
      expect(sidsOf(await store.due({ living: ['node-a'], limit: 2 }))).toEqual(sids.slice(0, 2));
    });
  });

  describe('a user’s lists', () => {
    it('are of what runs, least recently updated first', async () => {
      const userId = fresh('user');
      const set = { desired: 'running' } as const;
      const sids = [];
      for (const n of upTo(4)) sids.push(await conversation(store, { userId, at: noon + n, set }));
      await conversation(store, { userId });
      await conversation(store, { set });
      await append(store, { sid: sids[0] ?? '', events: [message('x')], at: noon + 9 });
      const expected = [sids[1], sids[2], sids[3], sids[0]];
      expect(sidsOf(await store.running(userId, 10))).toEqual(expected);
      expect(sidsOf(await store.running(userId, 2))).toEqual(expected.slice(0, 2));
    });

    it('are of what waits for a place, longest waiting first', async () => {
      const userId = fresh('user');
      const start = { userId, limit: 0, set: { desired: 'running', due: true } } as const;
      const sids = [];
      for (const n of [2, 0, 1])
        sids[n] = await conversation(store, { ...start, events: [message('x')], at: noon + n });
      await conversation(store, { userId });
      await conversation(store, { set: { due: true } });
      expect(sidsOf(await store.waiting(userId, 10))).toEqual(sids);
      expect(sidsOf(await store.waiting(userId, 1))).toEqual(sids.slice(0, 1));
      await append(store, { sid: sids[0] ?? '', set: { desired: 'running' } });
      await append(store, { sid: sids[1] ?? '', set: { desired: 'stopped' } });
      expect(sidsOf(await store.waiting(userId, 10))).toEqual(sids.slice(2));
    });

    it('name the users who have something waiting, each once, page by page', async () => {
      const prefix = `waiting-${fresh('user')}`;
      // By code unit, not as people sort.
      const users = ['B', 'Z', 'a', 'b', 'z'].map((name) => `${prefix}-${name}`);
      const start = { limit: 0, set: { desired: 'running' } } as const;
      for (const userId of [...users, ...users]) await conversation(store, { userId, ...start });
      const nobodys = await conversation(store, { userId: '', ...start });
      const found: string[] = [];
      for (let after: string | null = null; ; ) {
        const page: string[] = await store.waitingUsers(after, 2);
        if (page.length === 0) break;
        expect(found).not.toContain(page[0]);
        found.push(...page);
        after = page.at(-1) ?? null;
      }
      expect(found).toEqual(expect.arrayContaining(['', ...users]));
      expect(new Set(found).size).toBe(found.length);
      expect(found.filter((userId) => users.includes(userId))).toEqual(users);
      expect(await store.waitingUsers(null, 1)).toEqual(['']);
      await append(store, { sid: nobodys, set: { desired: 'stopped' } });
      for (const { sid } of await store.waiting(users[0] ?? '', 10))
        await append(store, { sid, set: { desired: 'stopped' } });
      const left = await store.waitingUsers(null, 100);
      expect([left.includes(''), left.includes(users[0] ?? ''), left.includes(users[1] ?? '')]).toEqual([
        false,
        false,
        true,
      ]);
    });

    it('are those of one user, also where that is nobody', async () => {
      const sid = await conversation(store, { userId: '', set: { desired: 'running', due: true } });
      expect(sidsOf(await store.running('', 10))).toEqual([sid]);
      expect(await store.running(fresh('user'), 10)).toEqual([]);
      expect(await store.waiting('', 10)).toEqual([]);
    });

    it('are of what certain nodes own, narrowed by user and by sids', async () => {
      const [alpha, beta] = [fresh('node'), fresh('node')];
      const [one, two] = [await owned(store, alpha), await owned(store, alpha)];
      const three = await owned(store, beta);
      const free = await conversation(store, { set: { desired: 'running' } });
      const { userId } = await record(store, one);
      const find = async (query: Parameters<EventStore['owned']>[0]) =>
        new Set(sidsOf(await store.owned(query)));
      expect(await find({ owners: [alpha] })).toEqual(new Set([one, two]));
      expect(await find({ owners: [alpha, beta, 'nobody'] })).toEqual(new Set([one, two, three]));
      expect(await find({ owners: [] })).toEqual(new Set());
      expect(await find({ owners: [alpha, beta], userId })).toEqual(new Set([one]));
      expect(await find({ owners: [alpha, beta], sids: [two, three, free, 'unknown'] })).toEqual(
        new Set([two, three]),
      );
      expect(await find({ owners: [alpha, beta], sids: [] })).toEqual(new Set());
      expect(await find({ owners: [alpha], sids: [one, two], userId })).toEqual(new Set([one]));
      expect(await find({ owners: [alpha], userId: fresh('user') })).toEqual(new Set());
      expect(await store.owned({ owners: [alpha], userId })).toEqual([await record(store, one)]);
      await store.release(one, 1);
      expect(await find({ owners: [alpha] })).toEqual(new Set([two]));
    });

    it('are of whole records', async () => {
      const userId = fresh('user');
      const sid = await conversation(store, {
        userId,
        set: { desired: 'running', due: true, settings: 's' },
      });
      expect(await store.running(userId, 1)).toEqual([await record(store, sid)]);
      expect(
        (await store.due({ living: ['node-a'], limit: 1000 })).find((found) => found.sid === sid),
      ).toEqual(await record(store, sid));
    });
  });
}
