import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';
import { io as connect } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIo } from './io.ts';
import { Outgoing } from './outgoing.ts';
import { Postman } from './postman.ts';
import { setReading, type Transport } from './transport.ts';
import { wirePacket } from './wire-packet.ts';

/** A real connection, whose client takes only what it is allowed to. */
describe('what waits for a client', () => {
  let io: ReturnType<typeof createIo>;
  let outgoing: Outgoing;
  let transport: Transport;
  let client: ReturnType<typeof connect>;
  const told = new EventEmitter<{ drained: []; relieved: [] }>();
  const received: unknown[] = [];

  beforeEach(async () => {
    received.length = 0;
    const http = createServer();
    io = createIo();
    io.attach(http);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const address = http.address();
    const port = typeof address === 'object' ? address?.port : 0;
    client = connect(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true });
    client.on('oh_event', (payload) => received.push(payload));
    transport = await new Promise((resolve) => io.once('connection', (socket) => resolve(socket.conn)));
    outgoing = new Outgoing(transport, new Postman({ monotonic: () => performance.now() }), {
      onDrained: () => told.emit('drained'),
      onRelieved: () => told.emit('relieved'),
    });
  });
  afterEach(async () => {
    client.disconnect();
    await io.close();
  });

  const until = async (isTrue: () => boolean): Promise<void> => {
    while (!isTrue()) await new Promise(setImmediate);
  };
  const packet = (payload: unknown) => wirePacket('oh_event', payload);

  it('is sent in order, several in one write', async () => {
    let flushes = 0;
    transport.on('flush', () => {
      flushes += 1;
    });
    for (let id = 0; id < 100; id += 1) outgoing.push(packet(id));
    expect(outgoing.waiting).toBeGreaterThan(0);
    await until(() => received.length === 100);
    expect(received).toEqual(Array.from({ length: 100 }, (_, id) => id));
    expect(flushes).toBe(1);
    await until(() => outgoing.waiting === 0);
  });

  it('is full above its bound until the client has taken nearly all, and says so once', async () => {
    const text = 'x'.repeat(60_000);
    for (let id = 0; id < 200 && !outgoing.full; id += 1) outgoing.push(packet(text));
    expect(outgoing.full).toBe(true);
    expect(outgoing.flooded).toBe(false);
    const drained = new Promise<void>((resolve) => told.once('drained', resolve));
    await drained;
    expect(outgoing.full).toBe(false);
    expect(outgoing.waiting).toBeLessThanOrEqual(32 * 1024);
  });

  it('is flooded by what goes on being added, and relieved before it is drained', async () => {
    const order: string[] = [];
    told.on('drained', () => order.push('drained')).on('relieved', () => order.push('relieved'));
    const text = 'x'.repeat(100_000);
    for (let id = 0; id < 10; id += 1) outgoing.push(packet(text));
    expect([outgoing.full, outgoing.flooded]).toEqual([true, true]);
    await until(() => order.length === 2);
    told.removeAllListeners();
    expect(order).toEqual(['relieved', 'drained']);
    await until(() => received.length === 10);
  });

  it('is forgotten when the transport is closed', async () => {
    setReading(transport, true);
    outgoing.push(packet('x'.repeat(100_000)));
    const closed = new Promise<void>((resolve) => transport.once('close', () => resolve()));
    transport.close();
    await closed;
    outgoing.push(packet('later'));
    outgoing.send();
    expect(received).not.toContain('later');
  });
});
