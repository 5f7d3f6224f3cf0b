/** Conversations that are made of others, and the search over all of them. */
import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../src/store/settings.ts';
import { failure, fresh, until, type World } from './conversation-manager-fixtures.ts';

const none = { settings: null };

export function copySuite(world: () => World): void {
  describe('forkConversation', () => {
    it('gives the copy the events up to one, as they are, on every node', async () => {
      const [sid, copy, user] = [fresh('sid'), fresh('copy'), fresh('user')];
      await world().settled(sid, user, '$ one');
      const original = await world().log(sid, user);
      const answered = original.findIndex((event) => 'observation' in event && event.observation === 'run');
      await world().other.forkConversation(sid, copy, { ...none, upTo: answered, title: 'A copy' }, user);
      const log = await world().log(copy, user);
      expect(log.slice(0, answered + 1)).toEqual(original.slice(0, answered + 1));
      expect(await world().record(copy, user)).toMatchObject({
        title: 'A copy',
        desired: 'stopped',
        agentState: 'stopped',
        due: false,
      });
      expect(await world().log(sid, user)).toEqual(original);
    });

    it('carries nothing out again, and goes on when a user acts', async () => {
      const [sid, copy, user] = [fresh('sid'), fresh('copy'), fresh('user')];
      await world().settled(sid, user, '$ one');
      await world().manager.forkConversation(sid, copy, none, user);
      await world().say(copy, user, '$ two');
      await until(() => world().executed(copy).length > 0);
      await world().rest(copy, user);
      expect(world().executed(copy)).toEqual(['two: answered']);
    });

    it('answers what was under way with an error, and says that the workspace is empty', async () => {
      const [sid, copy, user] = [fresh('sid'), fresh('copy'), fresh('user')];
      await world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ sleep' });
      await world().begun(sid, 'sleep');
      await world().manager.forkConversation(sid, copy, none, user);
      const lines = await world().lines(copy, user);
      const run = lines.findIndex((line) => line.startsWith('agent run'));
      expect(lines).toContain(`error of ${run}`);
      expect(lines.at(-1)).toBe('error');
      expect(await world().manager.isAgentLoopRunning(copy)).toBe(false);
      expect(world().executed(copy)).toEqual([]);
      await world().manager.closeSession(sid);
    });

    it('leaves out a confirmation that nobody has given', async () => {
      const [sid, copy, user] = [fresh('sid'), fresh('copy'), fresh('user')];
      await world().settled(sid, user, '$ one', { ...defaultSettings, confirmation_mode: true });
      expect(await world().record(sid, user)).toMatchObject({ agentState: 'awaiting_user_confirmation' });
      await world().manager.forkConversation(sid, copy, none, user);
      await world().ask(copy, user, 'running');
      await world().rest(copy, user);
      expect(world().executed(copy)).toEqual([]);
    });

    it('makes one copy however often it is asked, and none of what is not there', async () => {
      const [sid, copy, user] = [fresh('sid'), fresh('copy'), fresh('user')];
      await world().settled(sid, user, 'hello');
      await Promise.all(
        world().nodes.flatMap((node) =>
          [1, 2].map(() => node.forkConversation(sid, copy, { ...none, upTo: 0 }, user)),
        ),
      );
      const events = await world().log(copy, user);
      expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index));
      const forking = world().manager.forkConversation(sid, fresh('copy'), none, fresh('user'));
      await expect(forking).rejects.toSatisfy(failure('conversation_not_found'));
      const missing = world().manager.forkConversation(fresh('sid'), fresh('copy'), none, user);
      await expect(missing).rejects.toSatisfy(failure('conversation_not_found'));
    });
  });

  describe('importConversation', () => {
    it('keeps ids and times, fills what is left out, and leaves nothing of a bad one', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      const first = { id: 1, source: 'user', action: 'message', args: { content: 'hi' } };
      const trajectory = [{ ...first, timestamp: '2026-01-02T03:04:05.678Z' }];
      await world().manager.importConversation(sid, trajectory, { ...none, title: 'Taken in' }, user);
      expect((await world().log(sid, user)).slice(0, 2)).toMatchObject([
        { id: 0, observation: 'null' },
        { id: 1, action: 'message', timestamp: '2026-01-02T03:04:05.678Z' },
      ]);
      const bad = fresh('bad');
      await expect(world().manager.importConversation(bad, [first, 7], none, user)).rejects.toSatisfy(
        failure('invalid_request'),
      );
      expect(await world().manager.getConversation(bad, user)).toBeNull();
    });
  });

  describe('searchConversations', () => {
    it('finds by titles and by texts, of this user alone', async () => {
      const [user, other] = [fresh('user'), fresh('user')];
      const [byTitle, byText, elsewhere] = [fresh('sid'), fresh('sid'), fresh('sid')];
      await world().settled(byTitle, user, 'hello');
      await world().manager.renameConversation(byTitle, 'The Quince and the pear', user);
      await world().settled(byText, user, 'a quince for lunch');
      await world().manager.renameConversation(byText, 'Lunch', user);
      await world().settled(elsewhere, other, 'quince');
      const find = async (text: string, limit = 10): Promise<string[]> => {
        const found: string[] = [];
        let cursor: string | null = null;
        do {
          const page = await world().other.searchConversations({
            userId: user,
            text,
            limit,
            ...(cursor === null ? {} : { cursor }),
          });
          found.push(...page.conversations.map(({ sid }) => sid));
          cursor = page.next;
        } while (cursor !== null);
        return found;
      };
      expect(new Set(await find('QUIN'))).toEqual(new Set([byTitle, byText]));
      expect(await find('quince', 1)).toHaveLength(2);
      expect(await find('quince pear')).toEqual([byTitle]);
      expect(await find('quince medlar')).toEqual([]);
      expect(new Set(await find(' '))).toEqual(new Set([byTitle, byText]));
    });
  });
}
