/**
 * The gateway between clients' sockets and the manager: who may connect, and what belongs to each connection.
 *
 *   open ──(`close`)──▶ closed: whoever connects is sent away, to come back later or elsewhere
 */
import type { Server, Socket } from 'socket.io';
import { ConveneError, isError } from '../../errors.ts';
import type { ServerParts } from '../server-parts.ts';
import { isSid } from '../sid.ts';
import { userOf } from '../user.ts';
import { isUnexpected } from '../wire-error.ts';
import { ClientConnection } from './connection.ts';
import { ConversationRoom } from './conversation-room.ts';
import { readHandshake } from './handshake.ts';
import { Postman } from './postman.ts';
import { Refusal, refusals } from './refusal.ts';
import type { Transport } from './transport.ts';

export type GatewayParts = Pick<ServerParts, 'manager' | 'settings' | 'lacksLlm' | 'clock' | 'logger'>;

export class Gateway {
  readonly #parts: GatewayParts;
  readonly #rooms = new Map<string, ConversationRoom>();
  readonly #connections = new Map<Socket, ClientConnection>();
  readonly #closing = new Set<Promise<void>>();
  readonly #postman: Postman;
  /** Transports that have asked to connect: one conversation each. */
  readonly #asked = new WeakSet<Transport>();
  #closed = false;

  constructor(io: Server, parts: GatewayParts) {
    this.#parts = parts;
    this.#postman = new Postman(parts.clock);
    io.use((socket, next) => {
      this.#admit(socket).then(
        () => next(),
        (error: unknown) => next(this.#turnAway(socket, error)),
      );
    });
    io.on('connection', (socket) => {
      const connection = this.#connections.get(socket);
      if (connection === undefined) return;
      socket.on('disconnect', () => this.#release(socket, connection));
      connection.follow().catch((error: unknown) => connection.lost(error));
    });
  }

  /** Connections that are open, or being opened. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Sends every client away so that it connects again, here or elsewhere, and waits for what they sent before. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const [socket, connection] of this.#connections) {
      connection.reconnect();
      this.#release(socket, connection);
    }
    await Promise.all(this.#closing);
  }

  async #admit(socket: Socket): Promise<void> {
    if (this.#closed) throw new ConveneError('draining');
    if (this.#asked.has(socket.conn)) throw refusals.secondConnect();
    this.#asked.add(socket.conn);
    const { sid, cursor, all } = readHandshake(socket.handshake.query);
    if (sid === null) throw refusals.noConversation();
    if (!isSid(sid)) throw refusals.unknownConversation();

    const { manager, settings, lacksLlm, logger } = this.#parts;
    const userId = userOf(socket.request);
    const stored = await settings.load(userId);
    if (lacksLlm(stored)) throw refusals.noSettings();

    const connection = new ClientConnection({
      socket,
      postman: this.#postman,
      cursor,
      all,
      join: () => manager.joinConversation(sid, socket.id, stored, userId),
      room: () => this.#roomOf(sid),
      send: (data) => manager.sendToEventStream(socket.id, data),
      forget: () => manager.disconnectFromSession(socket.id),
      onError: (error, what) => logger.error({ err: error, sid, connectionId: socket.id }, `${what} failed`),
    });
    this.#connections.set(socket, connection);
    socket.conn.once('close', () => this.#release(socket, connection));
    if (socket.conn.readyState !== 'open') this.#release(socket, connection);
    try {
      await connection.join();
    } catch (error) {
      this.#release(socket, connection);
      throw error;
    }
  }

  /** A refusal is told to the client; for what passes, its transport is closed, and it will try again. */
  #turnAway(socket: Socket, error: unknown): Error {
    if (error instanceof Refusal) return error;
    if (isError(error, 'conversation_not_found')) return refusals.unknownConversation();
    if (isUnexpected(error)) this.#parts.logger.error({ err: error }, 'join failed');
    socket.conn.close();
    return new Error('try again');
  }

  #release(socket: Socket, connection: ClientConnection): void {
    if (!this.#connections.delete(socket)) return;
    const closing = connection.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #roomOf(sid: string): ConversationRoom {
    const known = this.#rooms.get(sid);
    if (known !== undefined) return known;
    const { manager, clock, logger } = this.#parts;
    const onEmpty = (): void => {
      if (this.#rooms.get(sid) === room) this.#rooms.delete(sid);
    };
    const room = new ConversationRoom({ sid, manager, clock, logger, onEmpty });
    this.#rooms.set(sid, room);
    return room;
  }
}
