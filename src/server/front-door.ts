/**
 * The port. It opens before there is anything behind it, so that a client that comes while the server still loads
 * waits a moment instead of being turned away.
 *
 *   holding ──admit()──▶ admitting ──shut()──▶ shut (no new connections; old ones end when they are done) ──▶ disposed
 */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Imported, it would bring an HTTP client along that nobody needs here: a fifth of the way to the open port. */
const { createServer } = process.getBuiltinModule('node:http');

/** Longer than that of proxies, which must not send a request into a connection that is being closed. */
const KEEP_ALIVE_MS = 75_000;

export class FrontDoor implements AsyncDisposable {
  readonly server: HttpServer;
  readonly #sockets = new Set<Socket>();
  readonly #held: (() => void)[] = [];
  #shutting: Promise<void> | null = null;

  private constructor() {
    this.server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS });
    this.server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.server.on('request', this.#holdRequest);
    this.server.on('upgrade', this.#holdUpgrade);
  }

  /** Resolves once connections are accepted; rejects with the system's error where the port can't be had. */
  static open({ host, port }: { readonly host: string; readonly port: number }): Promise<FrontDoor> {
    const door = new FrontDoor();
    const { server } = door;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        // One connection could not be accepted (too many open files): no reason to end all the others.
        server.on('error', () => {});
        resolve(door);
      });
    });
  }

  /** With the real port; the host as it was asked for. */
  url(host: string): string {
    const address = this.server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  /** Puts listeners of `request` and `upgrade` on the server, and hands them what has come so far. */
  admit(listen: (server: HttpServer) => void): void {
    this.server.off('request', this.#holdRequest);
    this.server.off('upgrade', this.#holdUpgrade);
    listen(this.server);
    for (const release of this.#held.splice(0)) release();
  }

  /** Accepts nobody any more. Resolves when all connections have ended. */
  shut(): Promise<void> {
    this.#shutting ??= new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeIdleConnections();
    });
    return this.#shutting;
  }

  /** Ends all that is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    const shut = this.shut();
    for (const socket of this.#sockets) socket.destroy();
    await shut;
  }

  readonly #holdRequest = (request: IncomingMessage, response: ServerResponse): void => {
    this.#held.push(() => this.server.emit('request', request, response));
  };

  readonly #holdUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy()); // a client may not wait
    this.#held.push(() => this.server.emit('upgrade', request, socket, head));
  };
}
