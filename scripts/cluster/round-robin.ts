/**
 * A load balancer as small as can be: every connection goes to the next server that is well. Nothing sticks to a server,
 * since any node serves every conversation. A server that does not answer its health check gets no connections any more,
 * and those that it has are broken, so that their clients come again. Where no server seems to be well, all are tried and nothing
 * is broken: nobody would be better off, and it may be this machine that was held up.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

const CONNECT_MS = 1_000;
const CHECK_EVERY_MS = 500;
const CHECK_MS = 2_000;
/** A time-out that comes later than this after its time says that this process was held up, and nothing of the server. */
const OWN_DELAY_MS = 200;
/** A busy machine may be late once: only so many late answers in a row are those of a server that is ill. */
const MAX_LATE = 3;

export class RoundRobin implements AsyncDisposable {
  readonly #ports: () => readonly number[];
  /** By the port of their server. */
  readonly #connections = new Map<number, Set<Socket>>();
  readonly #ill = new Set<number>();
  /** Health checks in a row that were not answered in time, by port. */
  readonly #late = new Map<number, number>();
  /** Ports whose check is under way: after a stall, checks side by side would all be late at once. */
  readonly #checking = new Set<number>();
  readonly #server = createServer({ pauseOnConnect: true }, (near) => void this.#serve(near));
  readonly #closing = new AbortController();
  #checks: NodeJS.Timeout | null = null;
  #next = 0;

  private constructor(ports: () => readonly number[]) {
    this.#ports = ports;
  }

  /** `ports`: of the servers, all on the loopback. `port`: its own; 0 takes a free one. */
  static async listen(ports: () => readonly number[], port: number): Promise<RoundRobin> {
    const proxy = new RoundRobin(ports);
    proxy.#server.listen(port, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.#checks = setInterval(() => {
      for (const one of ports()) void proxy.#check(one);
    }, CHECK_EVERY_MS);
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
    return `http://127.0.0.1:${address.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#checks !== null) clearInterval(this.#checks);
    this.#closing.abort();
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const port of this.#connections.keys()) this.#breakAll(port);
    await closed;
  }

  async #check(port: number): Promise<void> {
    if (this.#checking.has(port)) return;
    this.#checking.add(port);
    const signal = AbortSignal.any([AbortSignal.timeout(CHECK_MS), this.#closing.signal]);
    const began = performance.now();
    try {
      await fetch(`http://127.0.0.1:${port}/healthz`, { signal });
      this.#ill.delete(port);
      this.#late.delete(port);
    } catch (error) {
      if (isLate(error) && performance.now() - began > CHECK_MS + OWN_DELAY_MS) return;
      const late = isLate(error) ? (this.#late.get(port) ?? 0) + 1 : MAX_LATE;
      this.#late.set(port, late);
      if (late >= MAX_LATE) this.#ill.add(port);
      if (this.#ill.has(port) && this.#well().length > 0) this.#breakAll(port);
    } finally {
      this.#checking.delete(port);
    }
  }

  async #serve(near: Socket): Promise<void> {
    near.on('error', () => near.destroy());
    const reached = await this.#reach();
    if (reached === null) {
      near.destroy();
      return;
    }
    const { far, port } = reached;
    const sockets = this.#connections.get(port) ?? new Set();
    this.#connections.set(port, sockets);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.pipe(near);
  }

  /** The next server that is well and takes the connection; each is tried once. */
  async #reach(): Promise<{ far: Socket; port: number } | null> {
    const well = this.#well();
    const ports = well.length > 0 ? well : this.#ports();
    for (let tries = 0; tries < ports.length; tries += 1) {
      const port = ports[this.#next++ % ports.length];
      if (port === undefined) continue;
      const far = connect(port, '127.0.0.1');
      far.on('error', () => far.destroy());
      try {
        await once(far, 'connect', { signal: AbortSignal.timeout(CONNECT_MS) });
        return { far, port };
      } catch {
        far.destroy(); // the next one
      }
    }
    return null;
  }

  #well(): readonly number[] {
    return this.#ports().filter((port) => !this.#ill.has(port));
  }

  #breakAll(port: number): void {
    for (const socket of this.#connections.get(port) ?? []) socket.destroy();
  }
}

function isLate(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}
