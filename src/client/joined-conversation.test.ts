/** Against a Socket.IO server that does as it is told, where a real one would have to be forced. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredEvent } from '../events/event.ts';
import { ConveneClient } from './client.ts';

let io: Server;
let client: ConveneClient;
/** The cursor of every connection that was asked for. */
let cursors: string[];
/** Whoever asks next is refused with these, one after the other. */
let refusals: string[];
let onSocket: (socket: Socket) => void;

beforeEach(async () => {
  cursors = [];
  refusals = [];
  onSocket = () => {};
  io = new Server({ transports: ['websocket'], serveClient: false });
  io.use((socket, next) => {
    cursors.push(String(socket.handshake.query['latest_event_id']));
    const refusal = refusals.shift();
    next(refusal === undefined ? undefined : new Error(refusal));
  });
  io.on('connection', (socket) => onSocket(socket));
  const http = createServer();
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  io.attach(http);
  const address = http.address();
  client = new ConveneClient({ url: `http://127.0.0.1:${Object(address).port}/`, timeoutMs: 5_000 });
});

afterEach(async () => {
  await io.close();
});

function event(id: number): StoredEvent {
  return {
    id,
    timestamp: '2026-01-01T00:00:00Z',
    source: 'agent',
    message: '',
    action: 'think',
    args: { thought: '' },
  };
}

describe('joining', () => {
  it('is tried again after a refusal that may pass, and ends with one that stays', async () => {
    refusals = ['try again', 'something that is new'];
    const conversation = await client.join('c');
    expect(cursors).toHaveLength(3);
    conversation.leave();
    refusals = ['Settings not found'];
    await expect(client.join('c')).rejects.toMatchObject({ code: 'settings_not_found' });
  });
});

it('comes back after the server has sent it away', async () => {
  const conversation = await client.join('c', { after: 7 });
  const back = new Promise((resolve) => {
    conversation.on('state', (state) => {
      if (state === 'connected') resolve(state);
    });
  });
  io.disconnectSockets();
  await back;
  expect(cursors).toEqual(['7', '7']);
  conversation.leave();
});

it('reads all events once and in order, however many come before they are read', async () => {
  const COUNT = 12_000;
  const sent: number[] = [];
  onSocket = (socket) => {
    const from = Number(socket.handshake.query['latest_event_id']) + 1;
    sent.push(from);
    for (let id = from; id < COUNT; id += 1) socket.emit('oh_event', event(id));
    socket.on('oh_action', (_frame: unknown, acknowledge: (answer: unknown) => void) => {
      acknowledge({ ok: true, id: COUNT });
    });
  };
  const conversation = await client.join('c');
  await conversation.say('once this is acknowledged, all have come');
  const ids: number[] = [];
  for await (const { id } of conversation.events({ signal: AbortSignal.timeout(10_000) })) {
    ids.push(id);
    if (id === COUNT - 1) break;
  }
  expect(ids).toEqual(Array.from({ length: COUNT }, (_, id) => id));
  expect(sent.slice(0, 2)).toEqual([0, 5_000]);
  conversation.leave();
});

describe('sending', () => {
  it('is repeated under the same action_id until it is acknowledged', async () => {
    const frames: unknown[] = [];
    onSocket = (socket) => {
      socket.on('oh_action', (frame: unknown, acknowledge: (answer: unknown) => void) => {
        frames.push(frame);
        if (frames.length === 1) socket.conn.close();
        else if (frames.length === 2) {
          acknowledge({ ok: false, error: { code: 'store_unavailable', message: 'Try again.' } });
        } else acknowledge({ ok: true, id: 4 });
      });
    };
    const conversation = await client.join('c');
    expect(await conversation.say('hello')).toBe(4);
    expect(frames).toHaveLength(3);
    expect(new Set(frames.map((frame) => Object(frame).action_id)).size).toBe(1);
    conversation.leave();
  });

  it('ends with what the server refuses, its code and its details', async () => {
    onSocket = (socket) => {
      socket.on('oh_action', (_frame: unknown, acknowledge: (answer: unknown) => void) => {
        acknowledge({ ok: false, error: { code: 'invalid_request', message: 'No.', field: 'args' } });
      });
    };
    const conversation = await client.join('c');
    await expect(conversation.run('ls')).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'No.',
      details: { field: 'args' },
    });
    conversation.leave();
  });
});

it('hears frames that are not in the log, and nothing of what it does not know', async () => {
  onSocket = (socket) => {
    socket.on('oh_action', (_frame: unknown, acknowledge: (answer: unknown) => void) => {
      socket.emit('oh_event', { status_update: true, type: 'error', id: 'STATUS$X', message: 'Bad.' });
      socket.emit('oh_event', { error: true, message: 'Refused.' });
      socket.emit('oh_event', 'nonsense');
      socket.emit('oh_delta', { conversation_id: 'c', kind: 'output', text: 'line', cause: 3 });
      socket.emit('oh_presence', { conversation_id: 'c', connections: 2 });
      socket.emit('oh_later', {});
      socket.emit('oh_event', event(0));
      acknowledge({ ok: true, id: 0 });
    });
  };
  const conversation = await client.join('c');
  const told: unknown[] = [];
  conversation.on('status', (status) => told.push(status));
  conversation.on('error', (message) => told.push(message));
  conversation.on('delta', (delta) => told.push(delta));
  conversation.on('presence', (presence) => told.push(presence));
  await conversation.say('go');
  for await (const { id } of conversation) {
    expect(id).toBe(0);
    break;
  }
  expect(told).toEqual([
    { level: 'error', id: 'STATUS$X', message: 'Bad.' },
    'Refused.',
    { kind: 'output', text: 'line', cause: 3 },
    { connections: 2 },
  ]);
  conversation.leave();
});
