/** What clients send: answers, order, retries, and what is no action at all. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { NewEvent } from '../../src/events/event.ts';
import { message, startServer, type TestServer } from './harness.ts';

let server: TestServer;
let sid: string;
beforeEach(async () => {
  server = await startServer();
  sid = await server.conversation('a1');
});
afterEach(() => server[Symbol.asyncDispose]());

const say = (content: string, more: object = {}) => ({ action: 'message', args: { content }, ...more });

async function logged(): Promise<{ id: number; source: string; content: unknown }[]> {
  const { events } = await server.store.events({ sid, limit: 1000 });
  return events.flatMap((event) =>
    'action' in event && event.action === 'message' && event.source === 'user'
      ? [{ id: event.id, source: event.source, content: event.args.content }]
      : [],
  );
}

describe('an action', () => {
  it.each(['oh_action', 'oh_user_action'])(
    'sent as %s is stored as the user’s and answered with its id',
    async (name) => {
      const client = server.client({ conversation_id: sid });
      const answer = await client.act(say('hello', { source: 'agent' }), name);
      expect(answer).toEqual({ ok: true, id: 0 });
      await client.until(() => client.ids.includes(0));
      expect(client.events[0]).toMatchObject({
        id: 0,
        source: 'user',
        action: 'message',
        args: { content: 'hello' },
      });
    },
  );

  it('needs no acknowledgement', async () => {
    const client = server.client({ conversation_id: sid });
    client.socket.emit('oh_action', say('quiet'));
    await client.until(() => client.ids.includes(0));
    expect(client.payloads('oh_event').filter((payload) => payload.error)).toEqual([]);
  });

  it('is stored once however often it is sent with its action_id', async () => {
    const client = server.client({ conversation_id: sid });
    const other = server.client({ conversation_id: sid });
    const answers = await Promise.all([
      client.act(say('once', { action_id: 'k' })),
      other.act(say('once', { action_id: 'k' })),
      client.act(say('once', { action_id: 'k' })),
    ]);
    expect(answers).toEqual([
      { ok: true, id: 0 },
      { ok: true, id: 0 },
      { ok: true, id: 0 },
    ]);
    const conflict = await client.act(say('other', { action_id: 'k' }));
    expect(conflict).toMatchObject({ ok: false, error: { code: 'action_id_conflict' } });
    expect(await logged()).toHaveLength(1);
  });

  it('of one client is logged in the order in which it was sent', async () => {
    const client = server.client({ conversation_id: sid });
    await client.first('connect');
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, index) => client.act(say(String(index)))),
    );
    expect(answers.every(({ ok }) => ok)).toBe(true);
    const contents = (await logged()).map(({ content }) => content);
    expect(contents).toEqual(Array.from({ length: 300 }, (_, index) => String(index)));
  });

  it('sent right before the client leaves is stored', async () => {
    const client = server.client({ conversation_id: sid });
    await client.first('connect');
    for (let index = 0; index < 100; index += 1) client.socket.emit('oh_action', say(String(index)));
    const watcher = server.client({ conversation_id: sid });
    client.socket.io.engine.once('drain', () => client.socket.disconnect());
    await watcher.until(() => watcher.events.filter(({ source }) => source === 'user').length === 100);
    expect(await server.manager.getConnections()).toEqual(new Map([[watcher.socket.id, sid]]));
  });

  it('revives a closed conversation', async () => {
    const client = server.client({ conversation_id: sid });
    await client.act(say('hello'));
    await server.manager.closeSession(sid);
    expect(await server.manager.isAgentLoopRunning(sid)).toBe(false);
    expect(client.socket.connected).toBe(true);
    expect(await client.act(say('again'))).toMatchObject({ ok: true });
    await client.until(() => client.events.some((event) => JSON.stringify(event).includes('I run commands')));
  });

  it('may have 20 MB', async () => {
    const client = server.client({ conversation_id: sid });
    const image = `data:image/png;base64,${'A'.repeat(19_000_000)}`;
    const answer = await client.act({ action: 'message', args: { content: 'look', image_urls: [image] } });
    expect(answer).toEqual({ ok: true, id: 0 });
  });

  it('that is larger costs its own connection and nobody else’s', async () => {
    const client = server.client({ conversation_id: sid });
    const bystander = server.client({ conversation_id: sid });
    await client.first('connect');
    client.socket.emit('oh_action', say('A'.repeat(22_000_000)));
    await client.first('disconnect');
    expect(await bystander.act(say('still here'))).toMatchObject({ ok: true });
    await client.until(() => client.payloads('connect').length === 2);
    expect(await client.act(say('back'))).toMatchObject({ ok: true });
  });
});

describe('what is no action', () => {
  const cases: unknown[][] = [
    [],
    [null],
    [42],
    ['text'],
    [[]],
    [[{ action: 'message', args: { content: 'x' } }]],
    [true],
    [{}],
    [{ action: null }],
    [{ action: 'message' }],
    [{ action: 'message', args: null }],
    [{ action: 'message', args: 'hello' }],
    [{ action: 'message', args: { content: 5 } }],
    [{ action: 'message', args: { content: 'x', image_urls: 'y' } }],
    [{ action: 'message', args: { content: new Uint8Array(8) } }],
    [{ action: 'message', args: { content: 'x', extra: new Uint8Array(8) } }],
    [{ action: 'message', args: { content: 'x' }, id: 3 }],
    [{ action: 'message', args: { content: 'x' }, action_id: 7 }],
    [{ action: 'message', args: { content: 'x' }, timeout: 'soon' }],
    [{ action: '__proto__', args: {} }],
    [{ action: 'constructor', args: {} }],
    [{ action: 'fly', args: {} }],
    [{ action: 'finish', args: {} }],
    [{ action: 'change_agent_state', args: { agent_state: 'dancing' } }],
    [{ action: 'change_agent_state', args: { agent_state: 'user_confirmed', action_id: 'x' } }],
    [{ observation: 'run', content: '', extras: {} }],
    [
      { action: 'message', args: { content: 'x' } },
      { action: 'message', args: { content: 'y' } },
    ],
    Array.from({ length: 1_000 }, () => null),
  ];

  it('gets a clear answer, with and without an acknowledgement', async () => {
    const client = server.client({ conversation_id: sid });
    await client.first('connect');
    for (const args of cases) {
      const answer: unknown = await client.socket.emitWithAck('oh_action', ...args);
      expect(answer, JSON.stringify(args).slice(0, 200)).toMatchObject({
        ok: false,
        error: {
          code: expect.stringMatching(/^(invalid_request|action_unknown)$/),
          message: expect.stringMatching(/./),
        },
      });
      const before = client.payloads('oh_event').length;
      client.socket.emit('oh_user_action', ...args);
      await client.until(() => client.payloads('oh_event').length > before);
      expect(client.payloads('oh_event').at(-1)).toEqual({
        error: true,
        message: expect.stringMatching(/./),
      });
    }
    expect(await client.act(say('fine'))).toMatchObject({ ok: true });
    expect(await logged()).toHaveLength(1);
  });

  it('is ignored where it is another event', async () => {
    const client = server.client({ conversation_id: sid });
    await client.first('connect');
    for (const name of ['error', 'message', 'oh_event', 'toString', '__proto__', 'connection']) {
      client.socket.emit(name, { some: 'thing' });
    }
    expect(await client.act(say('fine'))).toMatchObject({ ok: true });
  });

  it('costs at most its own connection where it is no Socket.IO either', async () => {
    const bystander = server.client({ conversation_id: sid });
    await bystander.first('connect');
    const frames = [
      '',
      '9',
      '4',
      '49',
      '42',
      '42{}',
      '42["oh_action"',
      '42[]',
      '42[null]',
      '42["disconnect"]',
      '42["newListener","x"]',
      '4210["oh_action",{"action":"message","args":{"content":"x"}}]',
      '42/admin,["oh_action",1]',
      '40/admin,',
      '451-["oh_action",{"_placeholder":true,"num":0}]',
      '451-["oh_action",{"_placeholder":true,"num":99}]',
      '459999-["oh_action"]',
      '45-1-["x"]',
      '43999[1]',
      '44{"message":"x"}',
      '41',
      '1',
      '2probe',
      '5',
      '\u0000',
      `42["oh_action",{"action":"message","args":{"content":"x","deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}}]`,
      `42["oh_action",${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}]`,
      `42["oh_action"${',null'.repeat(100_000)}]`,
      Buffer.from([0, 1, 2, 255]),
      Buffer.alloc(0),
    ];
    const port = new URL(server.url).port;
    for (const frame of frames) {
      const socket = new WebSocket(
        `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket&conversation_id=${sid}`,
      );
      const ended = new Promise<void>((resolve) => {
        socket.on('close', () => resolve());
        socket.on('error', () => {});
        socket.on('message', (data) => {
          const text = String(data);
          if (text.startsWith('0')) socket.send('40');
          if (!text.startsWith('40')) return;
          socket.send(frame);
          socket.send(frame);
          socket.close();
        });
      });
      await ended;
    }
    expect(await bystander.act(say('fine'))).toMatchObject({ ok: true });
    expect(server.logs.filter((line) => line.includes('"level":60'))).toEqual([]);
  });

  it('joins one conversation for each transport, however often it asks', async () => {
    const port = new URL(server.url).port;
    const socket = new WebSocket(
      `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket&conversation_id=${sid}`,
    );
    const frames: string[] = [];
    const answered = new Promise<void>((resolve) => {
      // Once the first has joined, a further one ends the transport.
      socket.on('close', () => resolve());
      socket.on('message', (data) => {
        const text = String(data);
        frames.push(text);
        if (text.startsWith('0')) for (let index = 0; index < 50; index += 1) socket.send('40');
        if (frames.filter((frame) => frame.startsWith('44')).length === 49) resolve();
      });
    });
    await answered;
    expect(frames.filter((frame) => frame.startsWith('40')).length).toBeLessThanOrEqual(1);
    expect((await server.manager.getConnections()).size).toBeLessThanOrEqual(1);
    socket.terminate();
  });
});

describe('a confirmation that names no action', () => {
  const pending = (command: string): NewEvent => ({
    action: 'run',
    args: {
      command,
      confirmation_state: 'awaiting_confirmation',
      is_input: false,
      thought: '',
      blocking: false,
      hidden: false,
    },
    source: 'agent',
  });
  const confirm = { action: 'change_agent_state', args: { agent_state: 'user_confirmed' } };
  const named = async (id: number | undefined): Promise<unknown> => {
    const { events } = await server.store.events({ sid, limit: 100 });
    const event = events.find((one) => one.id === id);
    return event !== undefined && 'args' in event ? event.args : null;
  };

  it('means the pending one that was sent last', async () => {
    await server.append(sid, pending('a'), pending('b'), message('c'));
    const client = server.client({ conversation_id: sid });
    await client.until(() => client.ids.includes(2));
    const first = await client.act(confirm);
    expect(await named(first.id)).toMatchObject({ agent_state: 'user_confirmed', action_id: 1 });
    const live = await server.append(sid, pending('d'));
    const id = live.outcome === 'appended' ? live.head : -1;
    await client.until(() => client.ids.includes(id));
    const second = await client.act({
      action: 'change_agent_state',
      args: { agent_state: 'user_rejected', action_id: null },
    });
    expect(await named(second.id)).toMatchObject({ agent_state: 'user_rejected', action_id: id });
  });

  it('means the one that the client had before it reconnected', async () => {
    await server.append(sid, pending('a'), message('b'));
    const client = server.client({ conversation_id: sid, latest_event_id: '1' });
    const [confirmed, after] = await Promise.all([client.act(confirm), client.act(say('next'))]);
    expect(await named(confirmed.id)).toMatchObject({ action_id: 0 });
    expect(after.id).toBe((confirmed.id ?? 0) + 1);
  });

  it('is left alone where it names one, and where nothing is pending', async () => {
    await server.append(sid, pending('a'));
    const client = server.client({ conversation_id: sid });
    await client.until(() => client.ids.includes(0));
    const other = await client.act({ ...confirm, args: { ...confirm.args, action_id: 77 } });
    expect(await named(other.id)).toMatchObject({ action_id: 77 });
    const empty = server.client({ conversation_id: await server.conversation('b2') });
    expect(await empty.act(confirm)).toMatchObject({ ok: true });
    const { events } = await server.store.events({ sid: 'b2', limit: 10 });
    expect(events[0] !== undefined && 'args' in events[0] && events[0].args).not.toHaveProperty('action_id');
  });
});
