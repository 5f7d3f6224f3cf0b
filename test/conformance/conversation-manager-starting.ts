/** `maybeStartAgentLoop`: one loop and one message, however many ask. */
import { describe, expect, it } from 'vitest';
import { confirming, failure, fresh, until, type World } from './conversation-manager-fixtures.ts';

export function startingSuite(world: () => World): void {
  /** How often the log of the conversation has this message of the user. */
  async function times(sid: string, user: string, content: string): Promise<number> {
    const log = await world().log(sid, user);
    return log.filter((event) => event.source === 'user' && event.message === content).length;
  }

  describe('a new conversation', () => {
    it.each([
      ['with a key', 'key-1'],
      ['without a key', undefined],
    ])('is started once by 50 callers at once, and its message stored once, %s', async (_how, actionId) => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      const message = { content: '$ ls', ...(actionId === undefined ? {} : { actionId }) };
      const streams = await Promise.all(
        Array.from({ length: 50 }, (_, index) => {
          const node = index % 2 === 0 ? world().manager : world().other;
          return node.maybeStartAgentLoop(sid, null, user, message);
        }),
      );
      await world().rest(sid, user);
      expect(await times(sid, user, '$ ls')).toBe(1);
      expect(new Set(streams.map((stream) => stream.sid))).toEqual(new Set([sid]));
      expect(await world().manager.getAgentLoopInfo(user)).toMatchObject([{ sid, epoch: 1 }]);
      expect(world().executed(sid)).toEqual(['ls: answered']);
    });

    it('has its message in the very commit that creates it', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, '$ ls');
      const [first] = world().seen.commits.filter((commit) => commit.sid === sid);
      expect(first).toEqual({ sid, lines: ['user message'], created: true, desired: 'running' });
    });

    it('without a message waits for its user', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().manager.maybeStartAgentLoop(sid, null, user);
      expect(await world().rest(sid, user)).toMatchObject({
        agentState: 'awaiting_user_input',
        desired: 'running',
      });
      expect(await world().manager.isAgentLoopRunning(sid)).toBe(true);
    });

    it('is listed under its title, with what it was started with', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      const options = { title: 'Repairs', selectedRepository: 'ann/shop', selectedBranch: 'main' };
      await world().manager.maybeStartAgentLoop(sid, null, user, { content: 'Hello.' }, options);
      const { conversations } = await world().manager.listConversations({ userId: user, limit: 10 });
      expect(conversations).toMatchObject([{ sid, userId: user, ...options }]);
    });

    it('keeps the settings that it was started with', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, '$ rm', confirming);
      expect((await world().record(sid, user)).agentState).toBe('awaiting_user_confirmation');
      expect(world().executed(sid)).toEqual([]);
    });

    it('is refused under a name that is none', async () => {
      for (const sid of ['', '../x', 'a b', 'x'.repeat(65)]) {
        await expect(world().manager.maybeStartAgentLoop(sid, null, fresh('user'))).rejects.toSatisfy(
          failure('invalid_request'),
        );
      }
    });

    it('whose name two users want at the same time is one user’s, and the other learns nothing of it', async () => {
      const [sid, ann, bob] = [fresh('sid'), fresh('ann'), fresh('bob')];
      const [first, second] = await Promise.allSettled([
        world().manager.maybeStartAgentLoop(sid, null, ann, { content: 'Ann was here.' }),
        world().other.maybeStartAgentLoop(sid, null, bob, { content: 'Bob was here.' }),
      ]);
      const refused = [first, second].filter((result) => result.status === 'rejected');
      expect(refused).toMatchObject([{ reason: { code: 'conversation_not_found' } }]);
      const [owner, other] = first.status === 'fulfilled' ? [ann, bob] : [bob, ann];
      await world().rest(sid, owner);
      const said = (await world().log(sid, owner)).filter((event) => event.source === 'user');
      expect(said).toHaveLength(1);
      expect(await world().manager.getConversation(sid, other)).toBeNull();
    });
  });

  describe('a conversation that runs', () => {
    it('gets no further message by being started', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      await world().other.maybeStartAgentLoop(sid, null, user, { content: 'Hello again.' });
      await world().rest(sid, user);
      expect(await times(sid, user, 'Hello again.')).toBe(0);
    });

    it('takes a retry of the start by its key for what it is, and refuses other content under the key', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      const message = { content: '$ ls', actionId: 'key' };
      await world().manager.maybeStartAgentLoop(sid, null, user, message);
      await world().rest(sid, user);
      await world().other.maybeStartAgentLoop(sid, null, user, message);
      await expect(
        world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ rm', actionId: 'key' }),
      ).rejects.toSatisfy(failure('action_id_conflict'));
      await world().rest(sid, user);
      expect(world().executed(sid)).toEqual(['ls: answered']);
    });
  });

  describe('a conversation that was closed', () => {
    it('is turned running by being started, in the commit of the message', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, '$ one');
      await world().manager.closeSession(sid);
      const before = world().seen.commits.length;
      await world().other.maybeStartAgentLoop(sid, null, user, { content: '$ two' });
      await world().rest(sid, user);
      const [first] = world()
        .seen.commits.slice(before)
        .filter((commit) => commit.sid === sid);
      expect(first).toEqual({ sid, lines: ['user message'], created: false, desired: 'running' });
      expect(world().executed(sid)).toEqual(['one: answered', 'two: answered']);
    });

    it('is turned running once by 50 callers at once', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, '$ one');
      await world().manager.closeSession(sid);
      const starting = Array.from({ length: 50 }, (_, index) => {
        const node = index % 2 === 0 ? world().manager : world().other;
        return node.maybeStartAgentLoop(sid, null, user, { content: '$ two' });
      });
      await Promise.all(starting);
      await world().rest(sid, user);
      expect(await times(sid, user, '$ two')).toBe(1);
      expect(world().executed(sid)).toEqual(['one: answered', 'two: answered']);
    });

    it('without a message waits for its user again', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      await world().manager.closeSession(sid);
      await world().manager.maybeStartAgentLoop(sid, null, user);
      expect(await world().rest(sid, user)).toMatchObject({
        agentState: 'awaiting_user_input',
        desired: 'running',
      });
    });

    it('is not turned running by a retry of the start that it had before', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      const message = { content: '$ ls', actionId: 'key' };
      await world().manager.maybeStartAgentLoop(sid, null, user, message);
      await world().rest(sid, user);
      await world().manager.closeSession(sid);
      await world().manager.maybeStartAgentLoop(sid, null, user, message);
      expect(await times(sid, user, '$ ls')).toBe(1);
      expect(await world().record(sid, user)).toMatchObject({ desired: 'stopped', agentState: 'stopped' });
    });
  });

  describe('a conversation that was deleted', () => {
    it('never comes back under its name', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      await world().manager.deleteConversation(sid, user);
      for (const [node, by] of [
        [world().manager, user],
        [world().other, fresh('user')],
      ] as const) {
        await expect(node.maybeStartAgentLoop(sid, null, by, { content: 'Again.' })).rejects.toSatisfy(
          failure('conversation_not_found'),
        );
      }
      await until(async () => !(await world().manager.isAgentLoopRunning(sid)));
    });
  });
}
