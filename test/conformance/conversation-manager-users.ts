/** A user reaches only their own conversations, by every method that knows of users. */
import { expect, it } from 'vitest';
import { failure, fresh, type World } from './conversation-manager-fixtures.ts';

export function userSuite(world: () => World): void {
  /** A conversation of Ann's, which Bob knows the name of. */
  async function annsOwn(): Promise<{ sid: string; ann: string; bob: string }> {
    const [sid, ann, bob] = [fresh('sid'), fresh('ann'), fresh('bob')];
    await world().settled(sid, ann, 'Hello.');
    await world().manager.joinConversation(sid, fresh('connection'), null, ann);
    return { sid, ann, bob };
  }

  it('another user’s conversation is as one that does not exist', async () => {
    const { sid, bob } = await annsOwn();
    const { manager } = world();
    for (const user of [bob, '']) {
      expect(await manager.getConversation(sid, user)).toBeNull();
      expect(await manager.attachToConversation(sid, user)).toBeNull();
      expect(await manager.joinConversation(sid, fresh('connection'), null, user)).toBeNull();
      expect(await manager.renameConversation(sid, 'Mine', user)).toBe(false);
      expect(await manager.deleteConversation(sid, user)).toBe(false);
      await expect(manager.maybeStartAgentLoop(sid, null, user, { content: 'Mine.' })).rejects.toSatisfy(
        failure('conversation_not_found'),
      );
      const frame = { action: 'message', args: { content: 'Mine.' } };
      await expect(manager.sendEventToConversation(sid, frame, user)).rejects.toSatisfy(
        failure('conversation_not_found'),
      );
    }
  });

  it.each(['runs', 'is closed'])('nothing of one that %s is changed by the attempt', async (state) => {
    const { sid, ann, bob } = await annsOwn();
    if (state === 'is closed') await world().manager.closeSession(sid);
    const before = await world().record(sid, ann);
    const { manager } = world();
    await Promise.allSettled([
      manager.joinConversation(sid, fresh('connection'), null, bob),
      manager.renameConversation(sid, 'Mine', bob),
      manager.deleteConversation(sid, bob),
      manager.maybeStartAgentLoop(sid, null, bob, { content: 'Mine.' }),
      manager.sendEventToConversation(sid, { action: 'message', args: { content: 'Mine.' } }, bob),
    ]);
    expect(await world().record(sid, ann)).toEqual(before);
    expect((await manager.getConnections(undefined, new Set([sid]))).size).toBe(1);
  });

  it('it is in none of the lists that another user is shown', async () => {
    const { sid, bob } = await annsOwn();
    const only = new Set([sid]);
    const { manager } = world();
    expect(await manager.getRunningAgentLoops(bob)).toEqual(new Set());
    expect(await manager.getRunningAgentLoops(bob, only)).toEqual(new Set());
    expect(await manager.getAgentLoopInfo(bob, only)).toEqual([]);
    expect(await manager.getConnections(bob)).toEqual(new Map());
    expect(await manager.getConnections(bob, only)).toEqual(new Map());
    expect((await manager.listConversations({ userId: bob, limit: 10 })).conversations).toEqual([]);
  });

  it('an action_id of one user says nothing about another’s', async () => {
    const [one, two] = [await annsOwn(), await annsOwn()];
    const first = { action: 'message', args: { content: 'one' }, action_id: 'key' };
    const second = { action: 'message', args: { content: 'two' }, action_id: 'key' };
    await world().manager.sendEventToConversation(one.sid, first, one.ann);
    await world().manager.sendEventToConversation(two.sid, second, two.ann);
    expect((await world().log(two.sid, two.ann)).some((event) => event.message === 'two')).toBe(true);
  });
}
