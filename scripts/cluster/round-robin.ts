/**
 * A load balancer as small as can be: every connection goes to the next server that answers. Nothing sticks to a server,
 * since any node serves every conversation.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

const CONNECT_MS = 1_000;

export class RoundRobin implements AsyncDisposable {
  readonly #ports: () => readonly number[];
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer({ pauseOnConnect: true }, (near) => void this.#serve(near));
  #next = 0;

  private constructor(ports: () => readonly number[]) {
    this.#ports = ports;
  }

  /** `ports`: of the servers, all on the loopback. `port`: its own; 0 takes a free one. */
  static async listen(ports: () => readonly number[], port: number): Promise<RoundRobin> {
    const proxy = new RoundRobin(ports);
    proxy.#server.listen(port, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
    return `http://127.0.0.1:${address.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(near: Socket): Promise<void> {
    near.on('error', () => near.destroy());
    const far = await this.#reach();
    if (far === null) {
      near.destroy();
      return;
    }
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.pipe(near);
  }

  /** The next server that answers; each is tried once. */
  async #reach(): Promise<Socket | null> {
    const ports = this.#ports();
    for (let tries = 0; tries < ports.length; tries += 1) {
      const port = ports[this.#next++ % ports.length];
      if (port === undefined) continue;
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => socket.destroy());
      try {
        await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) });
        return socket;
      } catch {
        socket.destroy(); // the next one
      }
    }
    return null;
  }
}
