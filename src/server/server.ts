/**
 * The server: HTTP and sockets behind one door.
 *
 *   serving ──close()──▶ closing ──▶ closed
 *
 * `close` accepts nothing new, lets the manager end its loops within its grace while clients still watch, sends the
 * clients away so that they connect again elsewhere, and leaves no connection behind.
 */
import type { Server as SocketServer } from 'socket.io';
import { delay } from '../clock.ts';
import type { FrontDoor } from './front-door.ts';
import { HostGuard } from './host-guard.ts';
import { createHttpApp } from './http/http-app.ts';
import type { ServerParts } from './server-parts.ts';
import { Gateway } from './socket/gateway.ts';

export interface ConveneServer {
  /** Resolves when everything is released, the manager too. Calling it again changes nothing. */
  close(): Promise<void>;
}

export interface ServerOptions extends ServerParts {
  /** Holding. The server closes it. */
  readonly door: FrontDoor;
  /** Not attached to anything yet. */
  readonly io: SocketServer;
}

/** How long clients may take to say goodbye. */
const GOODBYE_MS = 500;

/** Resolves once requests are answered. */
export async function createServer(options: ServerOptions): Promise<ConveneServer> {
  const { door, io, config, manager, clock, logger } = options;
  let closing: Promise<void> | null = null;
  const guard = new HostGuard(config);
  const gateway = new Gateway(io, options);
  const { app, handler } = await createHttpApp({
    ...options,
    server: door.server,
    isClosing: () => closing !== null,
  });
  door.admit((server) => {
    server.on('error', (error) => logger.error({ err: error }, 'a connection was not accepted'));
    server.on('request', handler);
    io.attach(server, { allowRequest: (request, decide) => decide(null, guard.allows(request.headers)) });
  });

  const close = async (): Promise<void> => {
    const shut = door.shut();
    try {
      await manager[Symbol.asyncDispose]();
    } finally {
      await gateway.close();
      await Promise.race([shut, delay(clock, GOODBYE_MS)]);
      await door[Symbol.asyncDispose]();
      await io.close();
      await app.close();
      logger.info('stopped');
    }
  };

  return {
    close() {
      closing ??= close();
      return closing;
    },
  };
}
