/** What a manager asks language models for besides its agents: one-off completions, and titles. */
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../src/cluster/bus.ts';
import { defaultSettings, type Settings } from '../../src/store/settings.ts';
import { MockLlm } from '../../src/testing/mock-llm.ts';
import { failure, fresh, until, type World } from './conversation-manager-fixtures.ts';

function settingsOf(llm: MockLlm, more: Partial<Settings> = {}): Settings {
  const settings = { llm_model: 'openai/mock', llm_api_key: 'sk-of-the-user', llm_base_url: llm.url };
  return { ...defaultSettings, ...settings, ...more };
}

const question = [{ role: 'user', content: 'What is this?' }] as const;

export function modelSuite(world: () => World): void {
  /** A conversation without a message, so that nobody has asked its model for a title. */
  async function conversation(settings: Settings | null): Promise<{ sid: string; user: string }> {
    const [sid, user] = [fresh('sid'), fresh('user')];
    await world().manager.maybeStartAgentLoop(sid, settings, user);
    await world().rest(sid, user);
    return { sid, user };
  }

  describe('tryLlm', () => {
    it('asks the model of these settings, and says why it does not answer', async () => {
      await using llm = await MockLlm.start([{ text: 'OK' }, { fault: 'wrong_key' }]);
      await world().manager.tryLlm(settingsOf(llm));
      expect(llm.requests).toHaveLength(1);
      await expect(world().manager.tryLlm(settingsOf(llm))).rejects.toSatisfy(failure('llm_failed'));
      await expect(world().manager.tryLlm(null)).rejects.toSatisfy(failure('settings_not_found'));
    });
  });

  describe('requestLlmCompletion', () => {
    it('answers with what the conversation’s model says, and leaves no trace in the log', async () => {
      await using llm = await MockLlm.start([{ text: ['A con', 'versation.'] }]);
      const { sid, user } = await conversation(settingsOf(llm));
      const before = await world().lines(sid, user);
      const messages = [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'What is this?' },
        { role: 'assistant', content: 'What do you mean?' },
        { role: 'user', content: 'This.' },
      ] as const;
      expect(await world().manager.requestLlmCompletion(sid, messages, user)).toBe('A conversation.');
      expect(llm.requests[0]?.body['messages']).toMatchObject(messages);
      expect(llm.requests[0]?.headers['authorization']).toBe('Bearer sk-of-the-user');
      expect(await world().lines(sid, user)).toEqual(before);
    });

    it('speaks to whichever API the settings name', async () => {
      await using llm = await MockLlm.start([{ text: 'Hello.' }]);
      const { sid, user } = await conversation(settingsOf(llm, { llm_model: 'anthropic/mock' }));
      expect(await world().manager.requestLlmCompletion(sid, question, user)).toBe('Hello.');
      expect(llm.requests[0]).toMatchObject({ api: 'anthropic', model: 'mock' });
    });

    it('works while the agent is busy', async () => {
      await using llm = await MockLlm.start([{ text: 'Busy.' }], { aside: titled('Sleeping') });
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().manager.maybeStartAgentLoop(sid, settingsOf(llm), user, { content: '$ sleep' });
      await world().begun(sid, 'sleep');
      expect(await world().manager.requestLlmCompletion(sid, question, user)).toBe('Busy.');
      await world().manager.closeSession(sid);
    });

    it('tries again what may pass', async () => {
      await using llm = await MockLlm.start([{ fault: 'unavailable' }, { text: 'Here.' }]);
      const { sid, user } = await conversation(settingsOf(llm));
      expect(await world().manager.requestLlmCompletion(sid, question, user)).toBe('Here.');
    });

    it('fails as llm_failed, with the reason', async () => {
      await using llm = await MockLlm.start([{ fault: 'wrong_key' }]);
      const { sid, user } = await conversation(settingsOf(llm));
      const asked = world().manager.requestLlmCompletion(sid, question, user);
      await expect(asked).rejects.toMatchObject({
        code: 'llm_failed',
        message: expect.stringContaining('does not accept the API key'),
        details: { reason: 'authentication' },
      });
    });

    it('fails as settings_not_found where there is no model', async () => {
      const { sid, user } = await conversation(null);
      const asked = world().manager.requestLlmCompletion(sid, question, user);
      await expect(asked).rejects.toSatisfy(failure('settings_not_found'));
    });

    it('fails as conversation_not_found for one that there is not, or that is another user’s', async () => {
      await using llm = await MockLlm.start();
      const { sid, user } = await conversation(settingsOf(llm));
      for (const [one, somebody] of [
        [fresh('sid'), user],
        [sid, fresh('user')],
      ] as const) {
        const asked = world().manager.requestLlmCompletion(one, question, somebody);
        await expect(asked).rejects.toSatisfy(failure('conversation_not_found'));
      }
      expect(llm.requests).toEqual([]);
    });

    it('ends with its signal', async () => {
      await using llm = await MockLlm.start([{ fault: 'hang' }]);
      const { sid, user } = await conversation(settingsOf(llm));
      const controller = new AbortController();
      const asked = world().manager.requestLlmCompletion(sid, question, user, controller.signal);
      const ended = expect(asked).rejects.toThrow('enough');
      await llm.requested(1);
      controller.abort(new Error('enough'));
      await ended;
    });
  });

  describe('a title', () => {
    const title = async (sid: string, user: string) => (await world().record(sid, user)).title;

    /** The titles that viewers are told. */
    function watchTitles(sid: string): string[] {
      const titles: string[] = [];
      world().other.watchFrames(sid, (frame: Frame) => {
        if (frame.type === 'title') titles.push(frame.title);
      });
      return titles;
    }

    it.each([
      ['What is here?', 'What is here?'],
      ['\n\n  Mend   the test.\nIt fails.', 'Mend the test.'],
      [
        'Please look at the repository and tell me which of its tests fail and why',
        'Please look at the repository and tell me which of its tests…',
      ],
      ['x'.repeat(100), `${'x'.repeat(59)}…`],
    ])('is the beginning of the first message: %j', async (content, expected) => {
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, content);
      expect(await title(sid, user)).toBe(expected);
    });

    it('stays the default one until somebody has said something', async () => {
      const { sid, user } = await conversation(null);
      expect(await title(sid, user)).toBe(`Conversation ${sid.slice(0, 5)}`);
      const told = watchTitles(sid);
      await world().say(sid, user, 'Hello there.');
      await until(() => told.length > 0);
      expect(told).toEqual(['Hello there.']);
      expect(await title(sid, user)).toBe('Hello there.');
    });

    it('is what the model calls the conversation, where there is one, and viewers are told', async () => {
      const gate = Promise.withResolvers<void>();
      await using llm = await MockLlm.start([{ text: [gate.promise, '"Greeting"'] }]);
      const [sid, user] = [fresh('sid'), fresh('user')];
      const told = watchTitles(sid);
      await world().settled(sid, user, 'Hello there, you.', settingsOf(llm));
      expect(await title(sid, user)).toBe('Hello there, you.');
      gate.resolve();
      await until(() => told.length > 0);
      expect(told).toEqual(['Greeting']);
      expect(await title(sid, user)).toBe('Greeting');
      await world().say(sid, user, 'And something else.');
      await world().rest(sid, user);
      expect(llm.requests).toHaveLength(1);
      expect(await title(sid, user)).toBe('Greeting');
    });

    it('delays nobody, and falls back on the message where the model fails', async () => {
      await using llm = await MockLlm.start([{ fault: 'hang' }]);
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, '$ ls', settingsOf(llm));
      expect(world().executed(sid)).toEqual(['ls: answered']);
      expect(await title(sid, user)).toBe('$ ls');
    });

    it('that a user has given stays, also where the model has yet to answer', async () => {
      const gate = Promise.withResolvers<void>();
      await using llm = await MockLlm.start([{ text: ['Greeting', gate.promise] }, { text: 'Done.' }]);
      const [sid, user] = [fresh('sid'), fresh('user')];
      const told = watchTitles(sid);
      await world().settled(sid, user, 'Hello.', settingsOf(llm));
      await llm.requested(1);
      expect(await world().manager.renameConversation(sid, 'Mine', user)).toBe(true);
      gate.resolve();
      await world().say(sid, user, 'Hello again.');
      expect(await world().manager.requestLlmCompletion(sid, question, user)).toBe('Done.');
      expect(await title(sid, user)).toBe('Mine');
      expect(told).toEqual(['Mine']);
    });

    it('that the creator has given stays', async () => {
      await using llm = await MockLlm.start();
      const [sid, user] = [fresh('sid'), fresh('user')];
      const given = { title: 'Imported' };
      await world().manager.maybeStartAgentLoop(sid, settingsOf(llm), user, { content: 'Hello.' }, given);
      await world().rest(sid, user);
      await world().say(sid, user, 'Hello again.');
      await world().rest(sid, user);
      expect(await title(sid, user)).toBe('Imported');
      expect(llm.requests).toEqual([]);
    });

    it('holds no secret', async () => {
      await using llm = await MockLlm.start([{ fault: 'wrong_key' }]);
      const [sid, user] = [fresh('sid'), fresh('user')];
      await world().settled(sid, user, 'The key is sk-of-the-user.', settingsOf(llm));
      expect(await title(sid, user)).toBe('The key is [redacted].');
    });
  });
}

/** Titles are asked for by themselves: this answers them all. */
function titled(
  text: string,
): (request: { readonly body: Readonly<Record<string, unknown>> }) => { text: string } | null {
  return ({ body }) => (JSON.stringify(body).includes('You name conversations') ? { text } : null);
}
