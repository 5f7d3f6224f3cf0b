/** Who may connect, and what a client is sent when it joins. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stateObservation } from '../../src/events/observations.ts';
import {
  message,
  observed,
  type Received,
  startServer,
  type TestClient,
  type TestServer,
} from './harness.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server[Symbol.asyncDispose]());

const state = (name: Parameters<typeof stateObservation>[0]) => ({
  ...stateObservation(name),
  source: 'environment' as const,
});

describe('a join', () => {
  it('replays what is stored and goes on live, without gap or repeat', async () => {
    const sid = await server.conversation('a1', [message('0'), message('1')]);
    const client = server.client({ conversation_id: sid });
    await client.until(() => client.ids.length === 2);
    await server.append(sid, message('2'), message('3'));
    await client.until(() => client.ids.length === 4);
    expect(client.ids).toEqual([0, 1, 2, 3]);
  });

  it.each([
    ['1', [2, 3]],
    ['3', []],
    ['99999999999999999999999', []],
    ['-1', [0, 1, 2, 3]],
    ['-7', [0, 1, 2, 3]],
    ['undefined', [0, 1, 2, 3]],
    ['1.5', [0, 1, 2, 3]],
    ['1e2', [0, 1, 2, 3]],
    ['', [0, 1, 2, 3]],
    ['0x10', [0, 1, 2, 3]],
  ])('starts after latest_event_id=%s', async (latest, replayed) => {
    const sid = await server.conversation(
      'a1',
      [0, 1, 2, 3].map((index) => message(String(index))),
    );
    const client = server.client({ conversation_id: sid, latest_event_id: latest });
    await client.first('connect');
    await server.append(sid, message('live'));
    await client.until(() => client.ids.includes(4));
    expect(client.ids).toEqual([...replayed, 4]);
  });

  it('takes the last of several values, and none of an array', async () => {
    const sid = await server.conversation('a1', [message('0'), message('1')]);
    const client = server.client({ conversation_id: sid, 'latest_event_id[]': '0' });
    await client.until(() => client.ids.length === 2);
    expect(client.ids).toEqual([0, 1]);
  });

  it('sends the newest state in place of those before it', async () => {
    const sid = await server.conversation('a1', [
      state('loading'),
      message('hello', 'user'),
      state('running'),
      message('hi'),
      state('awaiting_user_input'),
      message('more'),
    ]);
    const client = server.client({ conversation_id: sid });
    await client.until(() => client.ids.includes(5));
    expect(client.ids).toEqual([1, 3, 4, 5]);
    await server.append(sid, state('running'), state('paused'));
    await client.until(() => client.ids.includes(7));
    expect(client.ids).toEqual([1, 3, 4, 5, 6, 7]);
  });

  it('sends no state again to a client that has it', async () => {
    const sid = await server.conversation('a1', [state('loading'), state('running'), message('2')]);
    const client = server.client({ conversation_id: sid, latest_event_id: '1' });
    await client.until(() => client.ids.includes(2));
    expect(client.ids).toEqual([2]);
  });

  it('shows the same to one who was there and to one who comes later', async () => {
    const sid = await server.conversation('a1');
    const early = server.client({ conversation_id: sid });
    await early.first('connect');
    await server.append(
      sid,
      { ...observed('null'), source: 'agent' },
      { ...observed('run'), source: 'environment' },
      { ...observed('think'), source: 'environment' },
      { ...observed('error'), source: 'environment' },
      { action: 'null', args: {}, source: 'agent' },
      { ...observed('run'), source: 'user', cause: 1 },
      message('end'),
    );
    const late = server.client({ conversation_id: sid });
    const everything = server.client({ conversation_id: sid, all: '1' });
    for (const client of [early, late, everything]) await client.until(() => client.ids.includes(6));
    expect(late.events).toEqual(early.events);
    expect(early.events.map((event) => [event.id, event.source])).toEqual([
      [1, 'agent'],
      [3, 'agent'],
      [5, 'user'],
      [6, 'agent'],
    ]);
    expect(everything.ids).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(everything.events[1]?.source).toBe('environment');
  });

  it('sends everything live with all=1, too', async () => {
    const sid = await server.conversation('a1', [message('0')]);
    const client = server.client({ conversation_id: sid, all: '1' });
    await client.until(() => client.ids.includes(0));
    await server.append(
      sid,
      { action: 'null', args: {}, source: 'agent' },
      { ...observed('think'), source: 'environment' },
    );
    await client.until(() => client.ids.includes(2));
    expect(client.ids).toEqual([0, 1, 2]);
  });

  it('delivers each event once and in order to clients that join and rejoin while events flow', async () => {
    const sid = await server.conversation('flow');
    const last = 1_000;
    const logs: number[][] = [];
    const clients: TestClient[] = [];
    const done: Promise<void>[] = [];
    const follow = (seen: number[]): void => {
      const client = server.client({
        conversation_id: sid,
        latest_event_id: String(seen.at(-1) ?? 'undefined'),
      });
      clients.push(client);
      done.push(
        new Promise((resolve) => {
          client.socket.on('oh_event', (event: { id: number }) => {
            seen.push(event.id);
            if (event.id === last - 1) resolve();
            else if (event.id % 150 === 149 && client.socket.connected && seen.length % 3 === 0) {
              client.socket.disconnect();
              follow(seen);
              resolve();
            }
          });
        }),
      );
    };
    for (let index = 0; index < last; index += 1) {
      // Bursts of what is under way at once, as two writers would.
      if (index % 60 === 0 && logs.length < 12) {
        const seen: number[] = [];
        logs.push(seen);
        follow(seen);
      }
      const appended = server.append(sid, message(String(index)));
      if (index % 7 === 0) await appended;
    }
    for (let index = 0; index < done.length; index += 1) await done[index];
    const expected = Array.from({ length: last }, (_, index) => index);
    for (const seen of logs) expect(seen).toEqual(expected);
    expect(clients.length).toBeGreaterThan(logs.length);
  });
});

describe('a refused connection', () => {
  const refusal = async (query: Record<string, string>): Promise<Received['payload']> => {
    const client = server.client(query);
    return client.first('connect_error');
  };

  it('is told that it named no conversation', async () => {
    expect(await refusal({})).toEqual({ message: 'No conversation_id in query params', data: undefined });
    expect((await refusal({ conversation_id: '' })).message).toBe('No conversation_id in query params');
  });

  it.each(['unknown', '../a1', '..%2Fa1', 'a1/', 'a'.repeat(65), 'a1\0', '😀'])(
    'knows no conversation %j',
    async (sid) => {
      await server.conversation('a1');
      expect((await refusal({ conversation_id: sid })).message).toBe('Conversation not found.');
      expect(server.logs.filter((line) => line.includes('"level":50'))).toEqual([]);
    },
  );

  it('is told that settings are missing, where the agent needs an LLM', async () => {
    await using strict = await startServer({ lacksLlm: () => true });
    const sid = await strict.conversation('a1');
    const client = strict.client({ conversation_id: sid });
    expect(await client.first('connect_error')).toEqual({
      message: 'Settings not found',
      data: { msg_id: 'CONFIGURATION$SETTINGS_NOT_FOUND' },
    });
  });

  it('comes again by itself where the failure passes', async () => {
    const sid = await server.conversation('a1', [message('0')]);
    await server.store[Symbol.asyncDispose]();
    const client = server.client({ conversation_id: sid });
    const attempts: unknown[] = [];
    client.socket.io.on('reconnect_attempt', (attempt) => attempts.push(attempt));
    client.socket.io.on('close', () => client.note('close', {}));
    await client.until(() => client.payloads('close').length >= 2);
    await server.store.open();
    await client.until(() => client.ids.includes(0));
    expect(client.payloads('connect_error')).toEqual([]);
    expect(attempts.length).toBeGreaterThan(0);
  });

  it('is refused at the door without the Host or with the Origin of somebody else', async () => {
    const sid = await server.conversation('a1');
    const evil = server.client({ conversation_id: sid }, { origin: 'https://evil.example' });
    const rebound = server.client({ conversation_id: sid }, { host: 'evil.example' });
    const own = server.client({ conversation_id: sid }, { origin: server.url });
    await own.first('connect');
    expect((await evil.first('connect_error')).message).toBe('websocket error');
    expect((await rebound.first('connect_error')).message).toBe('websocket error');
    expect(evil.payloads('connect')).toEqual([]);
  });
});
