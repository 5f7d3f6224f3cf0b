import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { wirePacket } from './wire-packet.ts';

describe('a packet', () => {
  let server: WebSocketServer;
  let client: WebSocket;
  let raw: Socket;
  const texts: string[] = [];
  let notify = (): void => {};

  beforeEach(async () => {
    texts.length = 0;
    server = new WebSocketServer({ host: '127.0.0.1', port: await freePort(), perMessageDeflate: false });
    const { promise: accepted, resolve } = Promise.withResolvers<Socket>();
    server.on('connection', (_socket, request) => resolve(request.socket));
    const { port } = server.options;
    client = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    client.on('message', (data, isBinary) => {
      texts.push(isBinary ? 'binary' : String(data));
      notify();
    });
    raw = await accepted;
  });
  afterEach(() => {
    client.terminate();
    server.close();
  });

  async function received(count: number): Promise<string[]> {
    while (texts.length < count) {
      await new Promise<void>((resolve) => {
        notify = resolve;
      });
    }
    return texts;
  }

  /** A payload whose message has so many bytes: `42["oh_event",""]` has 17. */
  const payloadOf = (bytes: number): string => 'x'.repeat(bytes - 17);

  it.each([17, 125, 126, 127, 65_535, 65_536, 100_000])('of %d bytes is one message', async (bytes) => {
    raw.write(wirePacket('oh_event', payloadOf(bytes)));
    expect(await received(1)).toEqual([`42["oh_event","${payloadOf(bytes)}"]`]);
    expect(texts[0]).toHaveLength(bytes);
  });

  it('keeps any text', async () => {
    const payload = { text: 'ä 中 🙂 \u0000 \ud800 "\\\n' };
    raw.write(wirePacket('oh_delta', payload));
    const [text = ''] = await received(1);
    expect(JSON.parse(text.slice(2))).toEqual(['oh_delta', payload]);
  });

  it('behind others in one write is a message of its own', async () => {
    const packets = [17, 200, 70_000, 17].map((bytes) => wirePacket('oh_event', payloadOf(bytes)));
    raw.write(Buffer.concat(packets));
    expect((await received(4)).map(({ length }) => length)).toEqual([17, 200, 70_000, 17]);
  });
});

function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
