/** The port is open before the server is: who comes early waits, and is served. */
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { FrontDoor } from '../../src/server/front-door.ts';

const address = { host: '127.0.0.1', port: 0 };

it('holds requests and upgrades until somebody admits them', async () => {
  await using door = await FrontDoor.open(address);
  const url = door.url(address.host);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
  const connected = (count: number): Promise<void> =>
    new Promise((resolve) => {
      let seen = 0;
      door.server.on('connection', () => {
        seen += 1;
        if (seen === count) resolve();
      });
    });
  const three = connected(3);
  const get = fetch(`${url}/a`).then((response) => response.text());
  const post = fetch(`${url}/b`, { method: 'POST', body: 'x'.repeat(500_000) }).then((response) =>
    response.text(),
  );
  const socket = new WebSocket(`${url.replace('http', 'ws')}/c`);
  const closed = new Promise<void>((resolve) => socket.on('error', () => resolve()));
  await three;

  const upgraded: string[] = [];
  door.admit((server) => {
    server.on('request', (request, response) => {
      let length = 0;
      request.on('data', (chunk: Buffer) => {
        length += chunk.length;
      });
      request.on('end', () => response.end(`${request.method} ${request.url} ${length}`));
    });
    server.on('upgrade', (request, stream) => {
      upgraded.push(request.url ?? '');
      stream.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
  });
  expect(await get).toBe('GET /a 0');
  expect(await post).toBe('POST /b 500000');
  await closed;
  expect(upgraded).toEqual(['/c']);
  expect(await (await fetch(`${url}/later`)).text()).toBe('GET /later 0');
});

it('survives those who come early and do not wait', async () => {
  await using door = await FrontDoor.open(address);
  const { port } = new URL(door.url(address.host));
  for (const request of [
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n',
  ]) {
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write(request, () => socket.resetAndDestroy()),
    );
    await new Promise<void>((resolve) => socket.on('close', () => resolve()));
  }
  let asked = 0;
  door.admit((server) => {
    server.on('request', (_request, response) => {
      asked += 1;
      response.end();
    });
    server.on('upgrade', (_request, stream) => stream.on('error', () => {}).end());
  });
  expect((await fetch(door.url(address.host))).status).toBe(200);
  expect(asked).toBeGreaterThan(0);
});

it('tells which port it could not have', async () => {
  await using door = await FrontDoor.open(address);
  const port = Number(new URL(door.url(address.host)).port);
  await expect(FrontDoor.open({ ...address, port })).rejects.toMatchObject({ code: 'EADDRINUSE', port });
});

it('ends every connection when it is disposed of', async () => {
  const door = await FrontDoor.open(address);
  const { port } = new URL(door.url(address.host));
  const socket = connect(Number(port), '127.0.0.1');
  const accepted = new Promise<void>((resolve) => door.server.once('connection', () => resolve()));
  const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  await accepted;
  await door[Symbol.asyncDispose]();
  await ended;
});
