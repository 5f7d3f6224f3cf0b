/** What users send: validated, stored once, met in order. */
import { describe, expect, it } from 'vitest';
import { confirming, failure, fresh, until, type World } from './conversation-manager-fixtures.ts';

export function sendingSuite(world: () => World): void {
  /** A user who has joined a conversation that rests. */
  async function joined(): Promise<{ sid: string; user: string; connection: string }> {
    const [sid, user, connection] = [fresh('sid'), fresh('user'), fresh('connection')];
    await world().settled(sid, user, 'Hello.');
    await world().manager.joinConversation(sid, connection, null, user);
    return { sid, user, connection };
  }

  describe('what is sent', () => {
    it('by a connection is stored as the user’s, and answered with its id', async () => {
      const { sid, user, connection } = await joined();
      const sent = await world().manager.sendToEventStream(connection, {
        action: 'message',
        args: { content: '$ ls' },
      });
      expect(sent.waiting).toBe(false);
      expect((await world().log(sid, user))[sent.id]).toMatchObject({
        id: sent.id,
        source: 'user',
        action: 'message',
        args: { content: '$ ls' },
      });
      await world().rest(sid, user);
      expect(world().executed(sid)).toEqual(['ls: answered']);
    });

    it('without a connection is the same, on every node', async () => {
      const { sid, user } = await joined();
      const frame = { action: 'message', args: { content: '$ ls' } };
      const { id } = await world().other.sendEventToConversation(sid, frame, user);
      expect((await world().log(sid, user))[id]).toMatchObject({ source: 'user', args: { content: '$ ls' } });
      await world().rest(sid, user);
      expect(world().executed(sid)).toEqual(['ls: answered']);
    });

    it('at the same time is stored whole, each once, and ids count without a gap', async () => {
      const { sid, user, connection } = await joined();
      const sent = await Promise.all(
        Array.from({ length: 30 }, (_, index) => {
          const frame = { action: 'message', args: { content: `message ${index}` } };
          return index % 2 === 0
            ? world().manager.sendToEventStream(connection, frame)
            : world().other.sendEventToConversation(sid, frame, user);
        }),
      );
      await world().rest(sid, user);
      const log = await world().log(sid, user);
      expect(log.map((event) => event.id)).toEqual(log.map((_, index) => index));
      expect(sent.map(({ id }) => log[id]?.message)).toEqual(sent.map((_, index) => `message ${index}`));
    });

    it('by one connection is stored in the order in which it was sent', async () => {
      const { connection } = await joined();
      const sent = await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          world().manager.sendToEventStream(connection, { action: 'message', args: { content: `${index}` } }),
        ),
      );
      const ids = sent.map(({ id }) => id);
      expect(ids).toEqual([...ids].sort((one, other) => one - other));
    });
  });

  describe('what is sent twice', () => {
    it('under one action_id is stored once, and answered with the same id on any node', async () => {
      const { sid, user, connection } = await joined();
      const frame = { action: 'message', args: { content: '$ ls' }, action_id: 'one' };
      const sent = await Promise.all([
        world().manager.sendToEventStream(connection, frame),
        world().manager.sendToEventStream(connection, frame),
        world().other.sendEventToConversation(sid, frame, user),
      ]);
      expect(new Set(sent.map(({ id }) => id)).size).toBe(1);
      await world().rest(sid, user);
      expect(await world().other.sendEventToConversation(sid, frame, user)).toMatchObject({
        id: sent[0]?.id,
      });
      await world().rest(sid, user);
      expect(world().executed(sid)).toEqual(['ls: answered']);
    });

    it('under one action_id with other content is refused', async () => {
      const { connection } = await joined();
      const frame = { action: 'message', args: { content: 'one' }, action_id: 'key' };
      await world().manager.sendToEventStream(connection, frame);
      await expect(
        world().manager.sendToEventStream(connection, { ...frame, args: { content: 'two' } }),
      ).rejects.toSatisfy(failure('action_id_conflict'));
    });

    it('in two conversations is two things', async () => {
      const [one, two] = [await joined(), await joined()];
      const frame = { action: 'message', args: { content: '$ ls' }, action_id: 'key' };
      for (const { sid, user, connection } of [one, two]) {
        await world().manager.sendToEventStream(connection, frame);
        await world().rest(sid, user);
        expect(world().executed(sid)).toEqual(['ls: answered']);
      }
    });
  });

  describe('what is refused', () => {
    it('is what comes from a connection that has not joined, or has left', async () => {
      const { connection } = await joined();
      const frame = { action: 'message', args: { content: 'hello' } };
      await expect(world().manager.sendToEventStream(fresh('connection'), frame)).rejects.toSatisfy(
        failure('not_connected'),
      );
      await world().manager.disconnectFromSession(connection);
      await expect(world().manager.sendToEventStream(connection, frame)).rejects.toSatisfy(
        failure('not_connected'),
      );
    });

    it.each([
      ['no frame', null],
      ['a text', 'hello'],
      ['a message without content', { action: 'message', args: {} }],
      ['an action of an agent', { action: 'finish', args: {} }],
      ['a supplied id', { action: 'message', args: { content: 'hello' }, id: 7 }],
    ])('is %s: invalid_request, and nothing is stored', async (_what, frame) => {
      const { sid, user, connection } = await joined();
      const { head } = await world().record(sid, user);
      await expect(world().manager.sendToEventStream(connection, frame)).rejects.toSatisfy(
        failure('invalid_request'),
      );
      expect((await world().record(sid, user)).head).toBe(head);
    });

    it('is an action that does not exist: action_unknown', async () => {
      const { connection } = await joined();
      await expect(
        world().manager.sendToEventStream(connection, { action: 'telepathy', args: {} }),
      ).rejects.toSatisfy(failure('action_unknown'));
    });

    it('is what is meant for a conversation that does not exist, or not any more: conversation_not_found', async () => {
      const { sid, user, connection } = await joined();
      const frame = { action: 'message', args: { content: 'hello' } };
      await expect(world().manager.sendEventToConversation(fresh('sid'), frame, user)).rejects.toSatisfy(
        failure('conversation_not_found'),
      );
      await world().manager.deleteConversation(sid, user);
      await expect(world().manager.sendToEventStream(connection, frame)).rejects.toSatisfy(
        failure('conversation_not_found'),
      );
      await expect(world().other.sendEventToConversation(sid, frame, user)).rejects.toSatisfy(
        failure('conversation_not_found'),
      );
    });
  });

  describe('a closed conversation', () => {
    async function closed(): Promise<{ sid: string; user: string }> {
      const { sid, user } = await joined();
      await world().manager.closeSession(sid);
      return { sid, user };
    }

    it.each([
      ['a message', 'message', { content: '$ ls' }],
      ['a command of the user', 'run', { command: 'ls' }],
    ])('is revived by %s', async (_what, action, args) => {
      const { sid, user } = await closed();
      await world().send(sid, user, action, args);
      expect(await world().rest(sid, user)).toMatchObject({ desired: 'running' });
      expect(world().executed(sid)).toEqual(['ls: answered']);
    });

    it('is revived by a resume', async () => {
      const { sid, user } = await closed();
      await world().ask(sid, user, 'running');
      expect(await world().rest(sid, user)).toMatchObject({
        desired: 'running',
        agentState: 'awaiting_user_input',
      });
    });

    it.each(['paused', 'stopped'])('is not revived by the wish to be %s', async (state) => {
      const { sid, user } = await closed();
      const { id } = await world().ask(sid, user, state);
      expect(await world().record(sid, user)).toMatchObject({ desired: 'stopped', head: id });
      expect(await world().manager.isAgentLoopRunning(sid)).toBe(false);
    });
  });

  describe('an agent at work', () => {
    it.each(['paused', 'stopped'])(
      'begins nothing once it is acknowledged that it is to be %s',
      async (state) => {
        const { sid, user } = await joined();
        await world().say(sid, user, '$ sleep\n$ two');
        await world().begun(sid, 'sleep');
        await world().ask(sid, user, state);
        await until(async () => (await world().record(sid, user)).agentState === state);
        expect(world().executed(sid)).toEqual(['sleep: interrupted']);
      },
    );

    it('that is paused goes on after a resume, and does not repeat what was interrupted', async () => {
      const { sid, user } = await joined();
      await world().say(sid, user, '$ sleep\n$ two');
      await world().begun(sid, 'sleep');
      await world().ask(sid, user, 'paused');
      await until(async () => (await world().record(sid, user)).agentState === 'paused');
      await world().ask(sid, user, 'running');
      await world().rest(sid, user);
      expect(world().executed(sid)).toEqual(['sleep: interrupted', 'two: answered']);
    });

    it('does not keep a user’s own command from being carried out', async () => {
      const { sid, user } = await joined();
      const { id } = await world().send(sid, user, 'run', { command: 'pwd' });
      await world().rest(sid, user);
      const log = await world().log(sid, user);
      expect(log.find((event) => event.cause === id)).toMatchObject({
        observation: 'run',
        content: 'did pwd',
      });
      expect((await world().record(sid, user)).agentState).toBe('awaiting_user_input');
    });

    it('answers a change that makes no sense with an error, and ignores it', async () => {
      const { sid, user } = await joined();
      const { id } = await world().ask(sid, user, 'user_confirmed');
      await until(async () => (await world().log(sid, user)).some((event) => event.cause === id));
      expect((await world().log(sid, user)).find((event) => event.cause === id)).toMatchObject({
        observation: 'error',
      });
      expect((await world().record(sid, user)).agentState).toBe('awaiting_user_input');
    });
  });

  describe('confirmation', () => {
    async function pending(): Promise<{ sid: string; user: string; held: number }> {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, '$ rm', confirming);
      const held = (await world().log(sid, user)).find((event) => event.source === 'agent')?.id ?? -1;
      return { sid, user, held };
    }

    const answer = (sid: string, user: string, agent_state: string, action_id: number) =>
      world().send(sid, user, 'change_agent_state', { agent_state, action_id });

    it('that names the action carries it out, once, whoever else agrees', async () => {
      const { sid, user, held } = await pending();
      await Promise.all([
        answer(sid, user, 'user_confirmed', held),
        answer(sid, user, 'user_confirmed', held),
      ]);
      await world().rest(sid, user);
      expect(world().executed(sid)).toEqual(['rm: answered']);
    });

    it('that is refused carries nothing out', async () => {
      const { sid, user, held } = await pending();
      await answer(sid, user, 'user_rejected', held);
      await until(async () => (await world().record(sid, user)).agentState === 'awaiting_user_input');
      expect(world().executed(sid)).toEqual([]);
    });

    it('of another action is an error, and the action stays pending', async () => {
      const { sid, user, held } = await pending();
      const { id } = await answer(sid, user, 'user_confirmed', held + 1);
      await until(async () => (await world().log(sid, user)).some((event) => event.cause === id));
      expect(await world().record(sid, user)).toMatchObject({ agentState: 'awaiting_user_confirmation' });
      expect(world().executed(sid)).toEqual([]);
    });

    it('is not waited for any longer when a message comes, which is then met', async () => {
      const { sid, user, held } = await pending();
      await world().say(sid, user, 'What would that do?');
      await until(async () => (await world().record(sid, user)).agentState === 'awaiting_user_input');
      const lines = await world().lines(sid, user);
      expect(lines).toContain(`agent run rejected of ${held}`);
      expect(lines.slice(-2)).toEqual(['agent message', 'awaiting_user_input']);
      expect(world().executed(sid)).toEqual([]);
    });
  });
}
