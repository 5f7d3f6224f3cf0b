/** A TCP proxy at a fixed address before a server that may come and go: connections through it can be cut. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export class CuttableProxy implements AsyncDisposable {
  /** Where the server is; null: nowhere. */
  target: number | null;
  /** Connections that were taken so far. */
  taken = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#take(socket));

  private constructor(target: number | null) {
    this.target = target;
  }

  static async open(target: number | null): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Ends every connection at once, without a goodbye. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take(client: Socket): void {
    this.taken += 1;
    if (this.target === null) {
      client.destroy();
      return;
    }
    const server = connect(this.target, '127.0.0.1');
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on('error', () => {}); // its close says all
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}
