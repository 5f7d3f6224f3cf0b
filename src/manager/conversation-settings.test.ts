import { describe, expect, it } from 'vitest';
import { say } from '../agent/actions.ts';
import { isError } from '../errors.ts';
import type { Redactor } from '../events/redaction.ts';
import { MemoryEventStore } from '../store/memory-event-store.ts';
import { defaultSettings, type Settings } from '../store/settings.ts';
import { memoryManager } from '../testing/memory-manager.ts';
import { scriptedAgent } from '../testing/scripted-agent.ts';
import { ConversationSettings } from './conversation-settings.ts';

const KEY = new Uint8Array(32).fill(1);
const SECRET = 'sk-0123456789';
const TOKEN = 'ghp_abcdefghij';

const secretive: Settings = { ...defaultSettings, llm_api_key: SECRET, github_token: TOKEN };

async function begin(serverSecrets: string[] = []) {
  const store = new MemoryEventStore();
  await store.open();
  const lookedUp: string[] = [];
  const conversation = store.conversation.bind(store);
  store.conversation = (sid) => {
    lookedUp.push(sid);
    return conversation(sid);
  };
  const settings = new ConversationSettings({ key: KEY, store, serverSecrets });
  return {
    store,
    settings,
    lookedUp,
    /** A conversation that was started with these settings, by a process that is gone. */
    async started(sid: string, by: Settings | null): Promise<void> {
      const sealed = by === null ? null : settings.seal(sid, by);
      const create = { userId: '', title: '', settings: sealed };
      await store.append({ sid, events: [], at: 0, writer: 'system', create });
    },
  };
}

function redact(redactor: Redactor, text: string): string {
  return redactor.text(text);
}

describe('sealed settings', () => {
  it('show nothing, and open to what they were', async () => {
    const { settings, started, store } = await begin();
    await started('a', secretive);
    const record = await store.conversation('a');
    expect(record?.settings).not.toContain(SECRET);
    expect(record === null ? null : settings.open(record)).toEqual(secretive);
  });

  it('are none where the conversation was started without', async () => {
    const { settings, started, store } = await begin();
    await started('a', null);
    const record = await store.conversation('a');
    expect(record === null ? undefined : settings.open(record)).toBeNull();
  });

  it('open under no other key, and for no other conversation', async () => {
    const { settings, started, store } = await begin();
    await started('a', secretive);
    const record = await store.conversation('a');
    if (record === null) throw new Error('There is no conversation.');
    const other = new ConversationSettings({ key: new Uint8Array(32), store });
    for (const attempt of [() => other.open(record), () => settings.open({ ...record, sid: 'b' })]) {
      expect(attempt).toThrow(expect.objectContaining({ code: 'invalid_config' }));
    }
  });
});

describe('the secrets of a conversation', () => {
  it('are taken out as soon as its settings are used, without a wait', async () => {
    const { settings } = await begin();
    settings.use('a', secretive);
    const redactor = settings.redactor('a');
    if (redactor instanceof Promise) throw new Error('It should be at hand.');
    expect(redact(redactor, `${SECRET} ${TOKEN}`)).toBe('[redacted] [redacted]');
  });

  it('are looked up where this process has not used them yet, once', async () => {
    const { lookedUp, settings, started } = await begin();
    await started('a', secretive);
    const both = [settings.redactor('a'), settings.redactor('a')];
    for (const redactor of both) expect(redact(await redactor, SECRET)).toBe('[redacted]');
    expect(lookedUp).toEqual(['a']);
    expect(settings.redactor('a')).not.toBeInstanceOf(Promise);
  });

  it('are nobody else’s', async () => {
    const { settings, started } = await begin();
    settings.use('a', secretive);
    await started('b', null);
    expect(redact(await settings.redactor('b'), SECRET)).toBe(SECRET);
  });

  it('change with the settings', async () => {
    const { settings } = await begin();
    settings.use('a', secretive);
    settings.use('a', { ...secretive, llm_api_key: 'sk-another' });
    expect(redact(await settings.redactor('a'), `sk-another ${TOKEN}`)).toBe('[redacted] [redacted]');
  });

  it('come with the server’s own, which are nobody’s to log', async () => {
    const { settings, started } = await begin(['server-key']);
    settings.use('a', secretive);
    await started('b', null);
    expect(redact(await settings.redactor('a'), `server-key ${SECRET}`)).toBe('[redacted] [redacted]');
    expect(redact(await settings.redactor('b'), 'server-key')).toBe('[redacted]');
    expect(redact(await settings.redactor('unknown'), 'server-key')).toBe('[redacted]');
  });

  it('of an unknown conversation are not remembered: it may come to be', async () => {
    const { settings, started } = await begin();
    expect(redact(await settings.redactor('a'), SECRET)).toBe(SECRET);
    await started('a', secretive);
    expect(redact(await settings.redactor('a'), SECRET)).toBe('[redacted]');
  });

  it('are forgotten with the conversation', async () => {
    const { lookedUp, settings } = await begin();
    settings.use('a', secretive);
    settings.forget('a');
    await settings.redactor('a');
    expect(lookedUp).toEqual(['a']);
  });

  it('that cannot be looked up are tried again the next time', async () => {
    const { settings, started, store } = await begin();
    await started('a', secretive);
    await store[Symbol.asyncDispose]();
    await expect(Promise.resolve(settings.redactor('a'))).rejects.toSatisfy((error) =>
      isError(error, 'store_unavailable'),
    );
    await store.open();
    expect(redact(await settings.redactor('a'), SECRET)).toBe('[redacted]');
  });

  it('stay at hand for the conversations that were used last, and are looked up for the others', async () => {
    const { settings, started } = await begin();
    await started('a', secretive);
    await settings.redactor('a');
    settings.use('busy', secretive);
    for (let count = 0; count < 20_000; count += 1) {
      settings.use(`other-${count}`, null);
      settings.redactor('busy');
    }
    expect(settings.redactor('busy')).not.toBeInstanceOf(Promise);
    const redactor = settings.redactor('a');
    expect(redactor).toBeInstanceOf(Promise);
    expect(redact(await redactor, SECRET)).toBe('[redacted]');
  });
});

describe('in a running conversation', () => {
  it('no secret is in the log, in a frame or in a record, whoever says it', async () => {
    const frames: unknown[] = [];
    const store = new MemoryEventStore();
    await store.open();
    await using manager = await memoryManager({
      store,
      agent: scriptedAgent([
        ({ stream }) => {
          stream(`I have been given ${SECRET}.`);
          return say(`The key is ${SECRET}.`);
        },
      ]),
    });
    manager.watchFrames('a', (frame) => frames.push(frame));
    const stream = await manager.maybeStartAgentLoop('a', secretive, '', {
      content: `My token is ${TOKEN}.`,
    });
    const rested = Promise.withResolvers<void>();
    await stream.follow(-1, {
      deliver(event) {
        if (JSON.stringify(event).includes('awaiting_user_input')) rested.resolve();
        return true;
      },
    });
    await rested.promise;
    const log = JSON.stringify((await stream.events({ limit: 100 })).events);
    const shown = JSON.stringify([log, frames, await manager.getConversation('a')]);
    expect(shown).toContain('My token is [redacted].');
    expect(shown).toContain('The key is [redacted].');
    expect(shown).toContain('I have been given [redacted].');
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain(TOKEN);
  });
});
