/** How connections break is decided by a stand-in for the server, which says two things in one packet. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Database } from './database.ts';

function message(type: string, ...parts: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const ready = message('Z', 'I');
const welcome = Buffer.concat([message('R', Buffer.alloc(4)), ready]);
const noRows = Buffer.concat(
  ['1', '2', 'n'].map((type) => message(type)).concat(message('C', 'SELECT 0\0'), ready),
);
const ended = message('E', 'SFATAL\0', 'VFATAL\0', 'C57P01\0', 'Mterminating connection\0', '\0');

let server: Server;
let sockets: Socket[];

beforeEach(async () => {
  sockets = [];
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {}); // the other side went first
    let isWelcome = false;
    socket.on('data', (data) => {
      if (!isWelcome) {
        isWelcome = true;
        socket.write(sockets.length === 1 ? Buffer.concat([welcome, ended]) : welcome);
      } else if (data.includes('one')) {
        socket.write(noRows);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
});

it('a session that ends in the packet that has opened it costs a read one more try', async () => {
  const { port } = server.address() as AddressInfo;
  const database = new Database({ url: `postgres://user@127.0.0.1:${port}/any`, poolSize: 1 });
  const read = (): Promise<unknown> => database.read('one', 'SELECT one', []);
  expect(await Promise.all([read(), read(), read()])).toEqual([[], [], []]);
  expect(sockets.length).toBe(2);
  await database.close();
});
