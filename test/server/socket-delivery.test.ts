/** How events and frames reach clients: slow ones, many, and those whose conversation ends. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { message, startServer, type TestServer } from './harness.ts';

let server: TestServer;
let sid: string;
beforeEach(async () => {
  server = await startServer();
  sid = await server.conversation('a1');
});
afterEach(() => server[Symbol.asyncDispose]());

/** What waits in this process for each connection, in characters. */
function waiting(): number[] {
  return engineClients().map(
    ({ writeBuffer, transport }) =>
      transport.socket.bufferedAmount + writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0),
  );
}

function engineClients(): EngineClient[] {
  const { clients } = server.io.engine as unknown as { clients: Record<string, EngineClient> };
  return Object.values(clients);
}

interface EngineClient {
  readonly writeBuffer: readonly { readonly data?: string }[];
  readonly transport: { readonly socket: WebSocket };
}

/** A client below Socket.IO, whose reading can be halted. */
class RawClient {
  readonly ids: number[] = [];
  readonly #socket: WebSocket;
  #notify: () => void = () => {};

  constructor(query: string) {
    const { port } = new URL(server.url);
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket&${query}`);
    this.#socket.on('message', (data) => {
      const text = String(data);
      if (text.startsWith('0')) this.#socket.send('40');
      else if (text === '2') this.#socket.send('3');
      else if (text.startsWith('42["oh_event",')) this.ids.push(JSON.parse(text.slice(2))[1].id);
      this.#notify();
    });
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    }
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.terminate();
  }
}

describe('a client that does not read', () => {
  const text = 'x'.repeat(10_000);

  it('costs bounded memory, delays nobody, and has missed nothing when it reads again', async () => {
    const slow = new RawClient(`conversation_id=${sid}`);
    const quick = server.client({ conversation_id: sid });
    await quick.first('connect');
    await server.append(sid, message('first'));
    await slow.until(() => slow.ids.length === 1);
    slow.pause();
    let most = 0;
    const count = 1_500;
    for (let index = 0; index < count; index += 1) {
      await server.append(sid, message(text));
      await new Promise(setImmediate);
      most = Math.max(most, ...waiting());
    }
    await quick.until(() => quick.ids.length === count + 1);
    expect(most).toBeGreaterThan(10_000); // it was too slow
    expect(most).toBeLessThan(600_000);
    expect(slow.ids.length).toBeLessThan(count);
    slow.resume();
    await slow.until(() => slow.ids.length > count);
    await server.append(sid, message('last'));
    await slow.until(() => slow.ids.at(-1) === count + 1);
    expect(slow.ids).toEqual(Array.from({ length: count + 2 }, (_, index) => index));
    expect(quick.ids).toEqual(Array.from({ length: quick.ids.length }, (_, index) => index));
    slow.close();
  });

  it('costs bounded memory while it replays a long log', async () => {
    for (let index = 0; index < 1_500; index += 1) await server.append(sid, message(text));
    const slow = new RawClient(`conversation_id=${sid}`);
    await slow.until(() => slow.ids.length > 0);
    slow.pause();
    const watcher = server.client({ conversation_id: sid });
    let most = 0;
    await watcher.until(() => {
      most = Math.max(most, ...waiting());
      return watcher.ids.length === 1_500;
    });
    expect(most).toBeGreaterThan(10_000);
    expect(most).toBeLessThan(600_000);
    slow.resume();
    await slow.until(() => slow.ids.length === 1_500);
    expect(slow.ids).toEqual(Array.from({ length: 1_500 }, (_, index) => index));
    slow.close();
  });

  it('is sent no frames meanwhile', async () => {
    const slow = new RawClient(`conversation_id=${sid}`);
    const quick = server.client({ conversation_id: sid });
    await quick.first('connect');
    await server.append(sid, message('first'));
    await slow.until(() => slow.ids.length === 1);
    slow.pause();
    let most = 0;
    for (let index = 0; index < 1_500; index += 1) {
      server.manager.streams.publishFrame(sid, { type: 'delta', kind: 'output', text });
      most = Math.max(most, ...waiting());
      if (index % 10 === 0) await new Promise(setImmediate);
    }
    await quick.until(() => quick.payloads('oh_delta').length > 0);
    expect(most).toBeGreaterThan(50_000);
    expect(most).toBeLessThan(800_000);
    await server.append(sid, message('last'));
    slow.resume();
    await slow.until(() => slow.ids.length === 2);
    expect(slow.ids).toEqual([0, 1]);
    slow.close();
  });

  it('is not read from either while it does not take its answers', async () => {
    const { port } = new URL(server.url);
    const socket = new WebSocket(
      `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket&conversation_id=${sid}`,
    );
    await new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        if (String(data).startsWith('0')) socket.send('40');
        if (String(data).startsWith('40')) resolve();
      });
    });
    socket.pause();
    const bystander = server.client({ conversation_id: sid });
    await bystander.first('connect');
    // Refused with a message that is a lot longer than the name, which JSON escapes twice.
    const frame = JSON.stringify(['oh_action', { action: '\u0001'.repeat(64) }]);
    let most = 0;
    const halted = (): boolean => engineClients().some(({ transport }) => transport.socket.isPaused);
    for (let index = 0; !halted(); index += 1) {
      socket.send(`42${index}${frame}`);
      if (index % 500 === 0) {
        await new Promise(setImmediate);
        most = Math.max(most, ...waiting());
      }
    }
    expect(await bystander.act({ action: 'message', args: { content: 'hello' } })).toMatchObject({
      ok: true,
    });
    for (let turn = 0; turn < 1_000; turn += 1) {
      await new Promise(setImmediate);
      most = Math.max(most, ...waiting());
    }
    expect(most).toBeLessThan(2_000_000);
    socket.terminate();
  });
});

describe('a flood of actions', () => {
  it('is answered one by one and stalls nobody else', async () => {
    const flooder = server.client({ conversation_id: await server.conversation('flood') });
    const bystander = server.client({ conversation_id: sid });
    await flooder.first('connect');
    await bystander.first('connect');
    const count = 8_000;
    let answered = 0;
    const all = new Promise<void>((resolve) => {
      for (let index = 0; index < count; index += 1) {
        flooder.socket.emit('oh_action', { action: 'think' }, () => {
          answered += 1;
          if (answered === count) resolve();
        });
      }
    });
    expect(await bystander.act({ action: 'message', args: { content: 'hello' } })).toMatchObject({
      ok: true,
    });
    await all;
    expect(answered).toBe(count);
  });
});

describe('frames', () => {
  it('reach every client of the conversation, in either mode, and no other', async () => {
    const normal = server.client({ conversation_id: sid });
    const all = server.client({ conversation_id: sid, all: '1' });
    const other = server.client({ conversation_id: await server.conversation('b2') });
    for (const client of [normal, all, other]) await client.first('oh_presence');
    const { streams } = server.manager;
    streams.publishFrame(sid, {
      type: 'status',
      level: 'info',
      id: 'STATUS$STARTING_RUNTIME',
      message: 'Starting',
    });
    streams.publishFrame(sid, { type: 'delta', kind: 'message', text: 'Hel', cause: 3 });
    streams.publishFrame(sid, { type: 'error', message: 'Oh' });
    for (const client of [normal, all]) {
      await client.until(() => client.payloads('oh_event').length === 2);
      expect(client.payloads('oh_event')).toEqual([
        { status_update: true, type: 'info', id: 'STATUS$STARTING_RUNTIME', message: 'Starting' },
        { error: true, message: 'Oh' },
      ]);
      expect(client.payloads('oh_delta')).toEqual([
        { conversation_id: sid, kind: 'message', text: 'Hel', cause: 3 },
      ]);
    }
    expect(other.payloads('oh_event')).toEqual([]);
  });
});

describe('presence', () => {
  it('tells every viewer how many there are, once they have come or gone', async () => {
    const first = server.client({ conversation_id: sid });
    await first.until(() => first.payloads('oh_presence').at(-1)?.connections === 1);
    const others = Array.from({ length: 20 }, () => server.client({ conversation_id: sid }));
    await first.until(() => first.payloads('oh_presence').at(-1)?.connections === 21);
    expect(first.payloads('oh_presence').length).toBeLessThan(15);
    for (const other of others) other.socket.disconnect();
    await first.until(() => first.payloads('oh_presence').at(-1)?.connections === 1);
    expect(first.payloads('oh_presence').at(-1)).toEqual({ conversation_id: sid, connections: 1 });
  });
});

describe('the end of a conversation', () => {
  it('is told to its viewers, who are then disconnected and do not come back', async () => {
    await server.append(sid, message('0'));
    const client = server.client({ conversation_id: sid });
    const other = server.client({ conversation_id: await server.conversation('b2') });
    await client.until(() => client.ids.length === 1);
    await other.first('connect');
    expect(await server.manager.deleteConversation(sid)).toBe(true);
    expect(await client.first('disconnect')).toEqual({ reason: 'io server disconnect' });
    expect(client.payloads('oh_event').at(-1)).toEqual({
      error: true,
      message: 'This conversation was deleted.',
    });
    expect(other.socket.connected).toBe(true);
    client.socket.connect();
    expect((await client.first('connect_error')).message).toBe('Conversation not found.');
  });

  it('leaves nothing behind when its viewers have gone', async () => {
    const clients = Array.from({ length: 5 }, (_, index) =>
      server.client({ conversation_id: sid, all: String(index % 2) }),
    );
    for (const client of clients) await client.first('oh_presence');
    const watcher = server.client({ conversation_id: await server.conversation('b2') });
    await watcher.first('connect');
    for (const client of clients) client.socket.disconnect();
    const gone = async (): Promise<boolean> => (await server.manager.getConnections()).size === 1;
    while (!(await gone())) await new Promise(setImmediate);
    expect([...server.io.of('/').adapter.rooms.keys()].filter((room) => room.includes(sid))).toEqual([]);
  });
});

describe('a server that stops', () => {
  it('ends the transports, so that clients connect again by themselves', async () => {
    const client = server.client({ conversation_id: sid });
    await client.first('connect');
    const attempt = new Promise((resolve) => client.socket.io.once('reconnect_attempt', resolve));
    await server.server.close();
    expect(await client.first('disconnect')).toEqual({ reason: 'transport close' });
    await attempt;
  });
});
