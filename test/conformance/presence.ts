/** The suite that every `Presence` passes. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connection, Presence } from '../../src/cluster/presence.ts';

export interface PresenceUnderTest {
  readonly one: Presence;
  /** Another node's end; the same one where there is a single process. */
  readonly other: Presence;
  /** Removes what was made. */
  close(): Promise<void>;
}

export function connection(connectionId: string, sid: string, userId = 'ann'): Connection {
  return { connectionId, sid, userId };
}

type Filter = Parameters<Presence['connections']>[0];

export async function idsOf(presence: Presence, filter: Filter): Promise<string[]> {
  return (await presence.connections(filter)).map(({ connectionId }) => connectionId).sort();
}

export function presenceConformance(name: string, create: () => Promise<PresenceUnderTest>): void {
  describe(`Presence: ${name}`, () => {
    let under: PresenceUnderTest;
    let one: Presence;
    let other: Presence;

    beforeEach(async () => {
      under = await create();
      ({ one, other } = under);
      await one.join(connection('1', 'a'));
      await other.join(connection('2', 'a', 'bob'));
      await one.join(connection('3', 'b'));
      await other.join(connection('4', 'c', 'bob'));
    });
    afterEach(() => under.close());

    it.each<[Filter, string[]]>([
      [{}, ['1', '2', '3', '4']],
      [{ userId: 'ann' }, ['1', '3']],
      [{ userId: 'nobody' }, []],
      [{ sids: ['a', 'c'] }, ['1', '2', '4']],
      [{ sids: ['a', 'a', 'unknown'] }, ['1', '2']],
      [{ sids: [] }, []],
      [{ userId: 'bob', sids: ['a', 'b'] }, ['2']],
    ])('finds, of %j, the connections %j at either node', async (filter, found) => {
      expect(await idsOf(one, filter)).toEqual(found);
      expect(await idsOf(other, filter)).toEqual(found);
    });

    it('tells of each connection where it is and whose', async () => {
      const awkward = connection('5', 'd', 'Zoë the 2nd: __proto__');
      await one.join(awkward);
      for (const node of [one, other]) {
        expect(await node.connections({ userId: awkward.userId })).toEqual([awkward]);
        expect(await node.connections({ sids: ['d'] })).toEqual([awkward]);
      }
    });

    it('counts the viewers of a conversation', async () => {
      for (const node of [one, other]) {
        expect(await node.viewers('a')).toBe(2);
        expect(await node.viewers('c')).toBe(1);
        expect(await node.viewers('unknown')).toBe(0);
      }
    });

    it('forgets a connection that leaves, and takes the farewell of one that is not known', async () => {
      await other.leave('2');
      await other.leave('2');
      await other.leave('unknown');
      for (const node of [one, other]) {
        expect(await idsOf(node, { sids: ['a'] })).toEqual(['1']);
        expect(await idsOf(node, { userId: 'bob' })).toEqual(['4']);
        expect(await node.viewers('a')).toBe(1);
      }
    });

    it('knows a connection that joins again only where it joined last', async () => {
      await one.join(connection('1', 'b', 'bob'));
      for (const node of [one, other]) {
        expect(await idsOf(node, { sids: ['a'] })).toEqual(['2']);
        expect(await idsOf(node, { sids: ['b'] })).toEqual(['1', '3']);
        expect(await idsOf(node, { userId: 'ann' })).toEqual(['3']);
        expect(await idsOf(node, {})).toEqual(['1', '2', '3', '4']);
      }
      await one.join(connection('1', 'b', 'bob'));
      expect(await other.viewers('b')).toBe(2);
    });

    it('takes what is said at once in the order in which it was said', async () => {
      await Promise.all([
        one.join(connection('5', 'd')),
        one.leave('5'),
        one.join(connection('5', 'e')),
        one.join(connection('6', 'd')),
        one.leave('6'),
      ]);
      for (const node of [one, other]) {
        expect(await idsOf(node, { sids: ['d', 'e'] })).toEqual(['5']);
        expect(await node.viewers('d')).toBe(0);
      }
    });

    it('knows nobody of its own once it is disposed of', async () => {
      await other[Symbol.asyncDispose]();
      if (other !== one) expect(await idsOf(one, {})).toEqual(['1', '3']);
      expect(await idsOf(other, {})).toEqual([]);
    });
  });
}
