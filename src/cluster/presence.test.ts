import { beforeEach, describe, expect, it } from 'vitest';
import { type Connection, LocalPresence } from './presence.ts';

const connection = (connectionId: string, sid: string, userId = 'ann'): Connection => ({
  connectionId,
  sid,
  userId,
});

describe('the presence of a single process', () => {
  let presence: LocalPresence;
  const idsOf = async (filter: { userId?: string; sids?: readonly string[] }): Promise<string[]> =>
    (await presence.connections(filter)).map(({ connectionId }) => connectionId).sort();

  beforeEach(async () => {
    presence = new LocalPresence();
    await presence.start();
    for (const joined of [
      connection('1', 'a'),
      connection('2', 'a', 'bob'),
      connection('3', 'b'),
      connection('4', 'c', 'bob'),
    ]) {
      await presence.join(joined);
    }
  });

  it.each([
    [{}, ['1', '2', '3', '4']],
    [{ userId: 'ann' }, ['1', '3']],
    [{ userId: 'nobody' }, []],
    [{ sids: ['a', 'c'] }, ['1', '2', '4']],
    [{ sids: ['a', 'a', 'unknown'] }, ['1', '2']],
    [{ sids: [] }, []],
    [{ userId: 'bob', sids: ['a', 'b'] }, ['2']],
  ])('finds, of %j, the connections %j', async (filter, found) => {
    expect(await idsOf(filter)).toEqual(found);
  });

  it('counts the viewers of a conversation', async () => {
    expect(await presence.viewers('a')).toBe(2);
    expect(await presence.viewers('unknown')).toBe(0);
  });

  it('forgets a connection that leaves, and takes one that is not known', async () => {
    await presence.leave('2');
    await presence.leave('2');
    await presence.leave('unknown');
    expect(await idsOf({ sids: ['a'] })).toEqual(['1']);
    expect(await idsOf({ userId: 'bob' })).toEqual(['4']);
    expect(await presence.viewers('a')).toBe(1);
  });

  it('knows a connection that joins again only where it joined last', async () => {
    await presence.join(connection('1', 'b', 'bob'));
    expect(await idsOf({ sids: ['a'] })).toEqual(['2']);
    expect(await idsOf({ sids: ['b'] })).toEqual(['1', '3']);
    expect(await idsOf({ userId: 'ann' })).toEqual(['3']);
    expect(await idsOf({})).toEqual(['1', '2', '3', '4']);
  });

  it('knows nobody once it is disposed of', async () => {
    await presence[Symbol.asyncDispose]();
    expect(await idsOf({})).toEqual([]);
    expect(await presence.viewers('a')).toBe(0);
  });
});
