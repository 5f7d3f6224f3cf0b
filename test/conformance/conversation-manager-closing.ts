/** `closeSession` and `deleteConversation`. */
import { describe, expect, it } from 'vitest';
import { isObservation } from '../../src/events/event.ts';
import { confirming, failure, fresh, until, type World } from './conversation-manager-fixtures.ts';

export function closingSuite(world: () => World): void {
  async function working(): Promise<{ sid: string; user: string }> {
    const [sid, user] = [fresh('sid'), fresh('user')];
    await world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ sleep\n$ two' });
    await world().begun(sid, 'sleep');
    return { sid, user };
  }

  describe('closing', () => {
    it('interrupts what is under way, answers it, and has stopped when it is answered', async () => {
      const { sid, user } = await working();
      await world().other.closeSession(sid);
      expect(world().executed(sid)).toEqual(['sleep: interrupted']);
      expect(await world().record(sid, user)).toMatchObject({
        desired: 'stopped',
        due: false,
        owner: null,
        executing: null,
        agentState: 'stopped',
      });
      for (const node of world().nodes) expect(await node.isAgentLoopRunning(sid)).toBe(false);
      const lines = await world().lines(sid, user);
      const close = lines.indexOf('environment change_agent_state');
      expect(lines.slice(close)).toEqual([
        'environment change_agent_state',
        `error of ${close - 1}`,
        `stopped of ${close}`,
      ]);
    });

    it('is told to every viewer', async () => {
      const { sid, user } = await working();
      const viewers = [
        await world().watch(sid, fresh('connection'), user),
        await world().watch(sid, fresh('connection'), user),
      ];
      await world().manager.closeSession(sid);
      const { head } = await world().record(sid, user);
      await until(() => viewers.every(({ events }) => events.at(-1)?.id === head));
      for (const { events, closings } of viewers) {
        expect(events.at(-1)).toMatchObject({ extras: { agent_state: 'stopped' } });
        expect(closings).toEqual([]);
      }
    });

    it('rejects what awaits confirmation', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, '$ rm', confirming);
      await world().manager.closeSession(sid);
      const log = await world().log(sid, user);
      expect(
        log.filter((event) => isObservation(event) && event.observation === 'user_rejected'),
      ).toHaveLength(1);
      expect(world().executed(sid)).toEqual([]);
    });

    it('answers what the user has asked for and was not begun', async () => {
      const { sid, user } = await working();
      const { id } = await world().send(sid, user, 'run', { command: 'pwd' });
      await world().manager.closeSession(sid);
      const answers = (await world().log(sid, user)).filter((event) => event.cause === id);
      expect(answers).toMatchObject([{ observation: 'error', source: 'user' }]);
      expect(world().executed(sid)).toEqual(['sleep: interrupted']);
    });

    it('again changes nothing, nor does closing what does not exist', async () => {
      const { sid, user } = await working();
      await world().manager.closeSession(sid);
      const { head } = await world().record(sid, user);
      await world().other.closeSession(sid);
      expect((await world().record(sid, user)).head).toBe(head);
      await world().manager.closeSession(fresh('sid'));
    });

    it('by many at the same time stops it once', async () => {
      const { sid, user } = await working();
      await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          (index % 2 ? world().manager : world().other).closeSession(sid),
        ),
      );
      const lines = await world().lines(sid, user);
      expect(lines.filter((line) => line.startsWith('error of'))).toHaveLength(1);
      expect(lines.at(-1)).toMatch(/^stopped of/);
      expect(await world().manager.isAgentLoopRunning(sid)).toBe(false);
    });

    it('is answered also where the user goes on meanwhile, and then that counts', async () => {
      for (let round = 0; round < 10; round += 1) {
        const { sid, user } = await working();
        await Promise.all([world().manager.closeSession(sid), world().say(sid, user, '$ three')]);
        const { desired } = await world().rest(sid, user);
        const lines = await world().lines(sid, user);
        const [close, message] = [
          lines.lastIndexOf('environment change_agent_state'),
          lines.lastIndexOf('user message'),
        ];
        expect(desired).toBe(message > close ? 'running' : 'stopped');
        expect(world().executed(sid).includes('three: answered')).toBe(message > close);
      }
    });

    it('comes while the conversation is being started', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      const starting = world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ sleep' });
      await until(async () => (await world().manager.getConversation(sid, user)) !== null);
      await Promise.all([starting, world().other.closeSession(sid)]);
      expect(await world().record(sid, user)).toMatchObject({
        desired: 'stopped',
        agentState: 'stopped',
        due: false,
      });
    });
  });

  describe('deleting', () => {
    it('removes the conversation with all that it has, also while a command runs', async () => {
      const { sid, user } = await working();
      const viewer = await world().watch(sid, fresh('connection'), user);
      expect(await world().other.deleteConversation(sid, user)).toBe(true);
      expect(await world().manager.getConversation(sid, user)).toBeNull();
      expect(await world().manager.attachToConversation(sid, user)).toBeNull();
      expect(await world().manager.joinConversation(sid, fresh('connection'), null, user)).toBeNull();
      expect((await world().manager.listConversations({ userId: user, limit: 10 })).conversations).toEqual(
        [],
      );
      await until(() => viewer.closings.length > 0);
      expect(viewer.closings.every(failure('conversation_not_found'))).toBe(true);
      await until(async () => !(await world().manager.isAgentLoopRunning(sid)));
      expect(world().executed(sid)).toEqual(['sleep: interrupted']);
      expect(world().seen.removedRuntimes).toContain(sid);
    });

    it('what does not exist, or not any more, is false', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      expect(await world().manager.deleteConversation(fresh('sid'), user)).toBe(false);
      expect(await world().manager.deleteConversation(sid, user)).toBe(true);
      expect(await world().other.deleteConversation(sid, user)).toBe(false);
    });

    it('what is closed works as well', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'Hello.');
      await world().manager.closeSession(sid);
      expect(await world().manager.deleteConversation(sid, user)).toBe(true);
    });

    it('comes while the conversation is being started: nothing of it runs on', async () => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      const starting = world().manager.maybeStartAgentLoop(sid, null, user, { content: '$ sleep' });
      await until(async () => (await world().manager.getConversation(sid, user)) !== null);
      await Promise.allSettled([starting, world().manager.deleteConversation(sid, user)]);
      await until(async () => !(await world().manager.isAgentLoopRunning(sid)));
      expect(
        world()
          .executed(sid)
          .filter((one) => one.endsWith('under way')),
      ).toEqual([]);
    });

    it('and closing at the same time both come to an end', async () => {
      for (let round = 0; round < 5; round += 1) {
        const { sid, user } = await working();
        const [removed] = await Promise.all([
          world().manager.deleteConversation(sid, user),
          world().other.closeSession(sid),
        ]);
        expect(removed).toBe(true);
        expect(await world().manager.getConversation(sid, user)).toBeNull();
      }
    });

    it('leaves the other conversations alone', async () => {
      const [one, two, user] = [fresh('sid'), fresh('sid'), fresh('user')];
      for (const sid of [one, two]) await world().settled(sid, user, 'Hello.');
      await world().manager.deleteConversation(one, user);
      await world().say(two, user, '$ ls');
      await world().rest(two, user);
      expect(world().executed(two)).toEqual(['ls: answered']);
    });
  });
}
