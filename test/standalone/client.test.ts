/** `convene/client` against a real server: over cuts, kills and restarts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ClientError,
  type ConnectionState,
  ConveneClient,
  isAgentState,
  type JoinedConversation,
  type StoredEvent,
} from '../../src/client/index.ts';
import { Link } from '../fixtures/link.ts';
import { ServerProcess } from './harness/server-process.ts';
import { TemporaryFolder } from './harness/temporary-folder.ts';
import { until } from './harness/until.ts';

let folder: TemporaryFolder;
let server: ServerProcess;
let proxy: Link;
let client: ConveneClient;

beforeAll(async () => {
  folder = await TemporaryFolder.make();
  server = await ServerProcess.start({ dataDir: folder.file('data') });
  proxy = await Link.to(server.url);
  client = new ConveneClient({ url: proxy.url });
});

afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Another server on the same data, at the same address. */
async function restart(): Promise<void> {
  proxy.target = null;
  await server.kill();
  server = await ServerProcess.start({ dataDir: folder.file('data') });
  proxy.target = server.port;
}

/** Reads until an event is the one. */
async function read(
  conversation: JoinedConversation,
  isLast: (event: StoredEvent) => boolean,
): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const event of conversation.events({ signal: AbortSignal.timeout(20_000) })) {
    events.push(event);
    if (isLast(event)) return events;
  }
  throw new Error('left before the last event came');
}

async function wholeLog(sid: string): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (;;) {
    const page = await client.events(sid, { from: events.length, limit: 100 });
    events.push(...page.events);
    if (!page.hasMore) return events;
  }
}

/** The texts of the messages that a user sent. */
function said(events: readonly StoredEvent[]): string[] {
  return events.flatMap((event) =>
    'action' in event && event.action === 'message' && event.source === 'user' ? [event.args.content] : [],
  );
}

const isEnd = (event: StoredEvent): boolean => said([event])[0] === 'the end';

it('has an answer of the agent after a create, a join and a loop', async () => {
  await using conversation = await client.join(await client.create({ message: '$ echo hello' }));
  const events = await read(conversation, (event) => isAgentState(event, 'awaiting_user_input'));
  const outputs = events.flatMap((event) =>
    'observation' in event && event.observation === 'run' ? [event.content] : [],
  );
  expect(outputs.join('')).toContain('hello');
  expect(conversation.cursor).toBe(events.at(-1)?.id);
});

describe.each([
  ['the transport is cut again and again', async () => proxy.breakAll()],
  ['the server is killed and started anew', restart],
])('while %s', (_what, disturb) => {
  it('two clients see every event once and in order, and all they send is stored once', async () => {
    const sid = await client.create();
    await using one = await client.join(sid, { all: true });
    await using other = await client.join(sid, { all: true });
    const states: ConnectionState[] = [];
    one.on('state', (state) => states.push(state));
    const seen = Promise.all([read(one, isEnd), read(other, isEnd)]);

    const texts = Array.from({ length: 60 }, (_, index) => `text ${index}`);
    const ids: number[] = [];
    const write = async (conversation: JoinedConversation, share: readonly string[]): Promise<void> => {
      for (const text of share) ids.push(await conversation.say(text));
    };
    const writing = Promise.all([write(one, texts.slice(0, 30)), write(other, texts.slice(30))]);
    for (const count of [10, 30]) {
      await until(`${count} are stored`, () => ids.length >= count, { everyMs: 1 });
      await disturb();
    }
    await writing;
    const last = await one.say('the end');

    const log = await wholeLog(sid);
    for (const events of await seen) expect(events).toEqual(log.slice(0, last + 1));
    expect(said(log).toSorted()).toEqual([...texts, 'the end'].toSorted());
    expect(new Set(ids).size).toBe(texts.length);
    expect(states).toContain('reconnecting');
    expect(one.state).toBe('connected');
  });
});

it('takes a place above the head for the head: what comes then is new', async () => {
  await using conversation = await client.join(await client.create(), { after: 1_000_000 });
  const id = await conversation.say('new');
  const events = await read(conversation, (event) => event.id === id);
  expect(events.at(-1)?.id).toBe(id);
});

it('goes on from where another reading stopped', async () => {
  const sid = await client.create({ message: 'one' });
  await using first = await client.join(sid);
  const before = await read(first, (event) => isAgentState(event, 'awaiting_user_input'));
  first.leave();
  await using second = await client.join(sid, { after: first.cursor });
  const id = await second.say('two');
  const after = await read(second, (event) => event.id === id);
  expect(after[0]?.id).toBe((before.at(-1)?.id ?? 0) + 1);
});

describe('sending', () => {
  it('is stored once under one action_id, and refused under it with other content', async () => {
    await using conversation = await client.join(await client.create());
    const id = await conversation.say('once', { actionId: 'a' });
    expect(await conversation.say('once', { actionId: 'a' })).toBe(id);
    await expect(conversation.say('other', { actionId: 'a' })).rejects.toMatchObject({
      name: 'ClientError',
      code: 'action_id_conflict',
    });
  });

  it('gives up at its deadline where nobody answers, and when its signal is aborted', async () => {
    await using conversation = await client.join(await client.create());
    proxy.target = null;
    proxy.breakAll();
    try {
      const aborted = conversation.say('x', { signal: AbortSignal.abort(new Error('enough')) });
      await expect(aborted).rejects.toThrow('enough');
      await expect(conversation.say('x', { timeoutMs: 300 })).rejects.toMatchObject({ code: 'unreachable' });
    } finally {
      proxy.target = server.port;
    }
    await conversation.say('it is back');
  });

  it('is refused once the conversation was left', async () => {
    const conversation = await client.join(await client.create());
    conversation.leave();
    await expect(conversation.say('x')).rejects.toMatchObject({ code: 'closed' });
    for await (const _event of conversation) break; // ends by itself
    expect(conversation.state).toBe('closed');
  });
});

it('confirms and rejects what waits for the user', async () => {
  await client.saveSettings({ confirmation_mode: true });
  try {
    await using conversation = await client.join(await client.create({ message: '$ echo yes\n$ echo no' }));
    const waits = (event: StoredEvent): boolean => isAgentState(event, 'awaiting_user_confirmation');
    await read(conversation, waits);
    const first = conversation.pending;
    await conversation.confirm();
    await read(conversation, waits);
    expect(conversation.pending).not.toBe(first);
    await conversation.reject();
    const events = await read(conversation, (event) => isAgentState(event, 'awaiting_user_input'));
    expect(events).toContainEqual(expect.objectContaining({ observation: 'user_rejected' }));
  } finally {
    await client.saveSettings({ confirmation_mode: false });
  }
});

it('tells who is there, and what comes as it comes', async () => {
  const sid = await client.create();
  await using one = await client.join(sid);
  const viewers: number[] = [];
  const deltas: string[] = [];
  one.on('presence', ({ connections }) => viewers.push(connections));
  const end = one.on('delta', ({ kind, text }) => deltas.push(`${kind}: ${text}`));
  await using _other = await client.join(sid);
  await until('both are seen', () => viewers.includes(2));
  await one.say('$ echo streamed');
  await until('output comes', () => deltas.join('').includes('output: streamed'));
  end();
});

describe('joining', () => {
  it('is refused for a conversation that does not exist, and ends when it is deleted', async () => {
    await expect(client.join('no-such-one')).rejects.toMatchObject({ code: 'conversation_not_found' });
    const sid = await client.create();
    await using conversation = await client.join(sid);
    const reading = read(conversation, () => false);
    reading.catch(() => {}); // looked at below
    expect(await client.delete(sid)).toBe(true);
    proxy.breakAll();
    await expect(reading).rejects.toMatchObject({ code: 'conversation_not_found' });
  });

  it('waits for a server that is not there yet, but not longer than it may', async () => {
    const sid = await client.create();
    proxy.target = null;
    await expect(client.join(sid, { timeoutMs: 300 })).rejects.toBeInstanceOf(ClientError);
    const joining = client.join(sid);
    const before = proxy.taken;
    await until('it has tried', () => proxy.taken > before);
    proxy.target = server.port;
    await using conversation = await joining;
    expect(conversation.state).toBe('connected');
  });
});

describe('conversations', () => {
  it('are created once under one key, listed page by page, renamed, stopped, started and deleted', async () => {
    const id = await client.create({ message: 'hello', idempotencyKey: 'k' });
    expect(await client.create({ message: 'hello', idempotencyKey: 'k' })).toBe(id);
    await client.create();
    await client.rename(id, 'A new name');
    await client.stop(id);
    expect(await client.get(id)).toMatchObject({ id, title: 'A new name', status: 'STOPPED' });
    await client.start(id);
    expect(await client.get(id)).toMatchObject({ status: 'RUNNING' });

    const all: string[] = [];
    for await (const { id } of client.conversations({ limit: 1 })) all.push(id);
    expect(all).toContain(id);
    expect(new Set(all).size).toBe(all.length);
    expect((await client.list({ limit: 1 })).next).not.toBeNull();

    expect(await client.delete(id)).toBe(true);
    expect(await client.delete(id)).toBe(false);
    expect(await client.get(id)).toBeNull();
  });

  it('are read by pages, and searched', async () => {
    const id = await client.create({ message: 'find the needle' });
    await using conversation = await client.join(id);
    await read(conversation, (event) => isAgentState(event, 'awaiting_user_input'));
    const page = await client.events(id, { kinds: ['message'], source: 'user', limit: 1 });
    expect(said(page.events)).toEqual(['find the needle']);
    expect(said((await client.search(id, { query: 'needle' })).events)).toEqual(['find the needle']);
    await expect(client.events(id, { limit: 1_000 })).rejects.toMatchObject({
      code: 'invalid_request',
      status: 400,
      details: { field: 'limit' },
    });
    await expect(client.events('no-such-one')).rejects.toMatchObject({ code: 'conversation_not_found' });
  });
});

it('stores settings, and never gets a secret back', async () => {
  await client.saveSettings({ language: 'de', llm_api_key: 'sk-very-secret' });
  const settings = await client.settings();
  expect(settings).toMatchObject({ language: 'de', llm_api_key: '**********', github_token_is_set: false });
});
