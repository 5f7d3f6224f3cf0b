/**
 * One client's connection: it joins one conversation, follows its log from the client's cursor, and brings what the
 * client sends to the manager.
 *
 *   joining ──▶ joined ──(`follow`)──▶ following ──▶ closed
 *      └──(refused, or the transport is gone)──────────▲
 *
 * Events reach the client in two ways, and each event in one of them. While its reader catches up, each is emitted to
 * this socket alone. At the moment that the reader turns live, the socket enters the room of the broadcast, and
 * leaves it when the client reads too slowly; then the reader pauses, and catches up again from where it left. All of
 * that happens within calls of the feed, between which no event is broadcast, and socket and room write to the same
 * queue: so there is no gap, no repeat and no reordering.
 *
 * The join's H is the broadcast's cursor: what is above it comes live or follows the live rules.
 */
import type { Socket } from 'socket.io';
import { isError } from '../../errors.ts';
import type { StoredEvent } from '../../events/event.ts';
import { type ReplayOptions, replayView } from '../../events/visibility.ts';
import type { EventStream } from '../../stream/event-stream.ts';
import type { FeedReader } from '../../stream/feed.ts';
import type { Broadcast } from './broadcast.ts';
import { ClientActions } from './client-actions.ts';
import type { ConversationRoom, RoomMember } from './conversation-room.ts';
import { OutgoingGauge } from './outgoing.ts';
import { isPending, newestPending } from './pending-action.ts';
import { refusals } from './refusal.ts';
import { errorFrame } from './wire-frames.ts';

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly cursor: number;
  readonly all: boolean;
  /** Records the connection and answers with the log; null where there is no such conversation. */
  readonly join: () => Promise<EventStream | null>;
  /** The room of the conversation's viewers on this node. */
  readonly roomOf: (stream: EventStream) => ConversationRoom;
  readonly send: (data: unknown) => Promise<{ readonly id: number }>;
  /** Forgets the connection. */
  readonly forget: () => Promise<void>;
  readonly onError: (error: unknown, what: string) => void;
}

export class ClientConnection implements RoomMember {
  readonly all: boolean;
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #outgoing: OutgoingGauge;
  readonly #actions: ClientActions;
  #joining: Promise<void> = Promise.resolve();
  #room: ConversationRoom | null = null;
  #joined: {
    readonly stream: EventStream;
    readonly broadcast: Broadcast;
    readonly replay: ReplayOptions;
  } | null = null;
  #reader: FeedReader | null = null;
  /** The pending action that was sent last. */
  #pending: number | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: ConnectionOptions) {
    const { socket } = options;
    this.#options = options;
    this.#socket = socket;
    this.all = options.all;
    this.#outgoing = new OutgoingGauge(socket.conn, {
      onDrained: () => this.#drained(),
      onRelieved: () => this.#actions.hold(false),
    });
    this.#actions = new ClientActions({
      socket,
      send: options.send,
      pendingAction: () => this.#pendingAction(),
      onError: options.onError,
      onAnswered: () => this.checkOutgoing(),
    });
  }

  /** Throws a `Refusal`, or what failed. Not to be called twice. */
  join(): Promise<void> {
    this.#joining = this.#join();
    return this.#joining;
  }

  /** Begins to send events, once the client was told that it is connected. */
  async follow(): Promise<void> {
    if (this.#joined === null || this.#closing !== null) return;
    const { stream, broadcast, replay } = this.#joined;
    this.#room?.presenceChanged();
    this.#takeFrames(true);
    const reader = await stream.follow(this.#options.cursor, {
      deliver: (event, live) => this.#deliver(event, live, replay),
      live: () => enter(this.#socket, broadcast.room),
      closed: (error) => this.lost(error),
    });
    this.#reader = reader;
    if (this.#closing !== null) reader.close();
    else if (!this.#outgoing.full) reader.resume(); // in case it was drained before it was known here
  }

  checkOutgoing(): void {
    if (this.#outgoing.full) this.#takeFrames(false);
    if (this.#outgoing.flooded) this.#actions.hold(true);
  }

  lost(error: unknown): void {
    if (this.#closing !== null) return;
    if (isError(error, 'conversation_not_found')) {
      this.#socket.emit('oh_event', errorFrame('This conversation was deleted.'));
      this.#socket.disconnect(true);
    } else {
      if (error !== undefined) this.#options.onError(error, 'feed');
      this.reconnect();
    }
  }

  /** Ends the transport in the way after which a client connects again by itself. */
  reconnect(): void {
    this.#socket.conn.close();
  }

  /** Releases everything; resolves when what the client sent before is dealt with. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #join(): Promise<void> {
    const { join, roomOf, cursor, all } = this.#options;
    const stream = await join();
    if (stream === null) throw refusals.unknownConversation();
    if (this.#closing !== null) return;
    this.#room = roomOf(stream);
    this.#room.enter(this);
    const broadcast = await this.#room.broadcast(all);
    const head = broadcast.cursor;
    const newestState = all || cursor >= head ? null : await newestStateOf(stream, head);
    this.#joined = { stream, broadcast, replay: { all, head, newestState } };
  }

  async #close(): Promise<void> {
    this.#reader?.close();
    this.#room?.leave(this);
    const { forget, onError } = this.#options;
    try {
      await this.#joining.catch(() => {}); // whoever called `join` was told
      this.#reader?.close();
      this.#room?.leave(this);
      await this.#actions.idle();
      await forget();
      this.#room?.presenceChanged();
    } catch (error) {
      onError(error, 'disconnect');
    }
  }

  #deliver(event: StoredEvent, live: boolean, replay: ReplayOptions): boolean {
    if (isPending(event)) this.#pending = event.id;
    if (!live) {
      const view = replayView(event, replay);
      if (view !== null) this.#socket.emit('oh_event', view);
    }
    this.checkOutgoing();
    if (!this.#outgoing.full) return true;
    if (live && this.#joined !== null) leave(this.#socket, this.#joined.broadcast.room);
    return false;
  }

  /** Goes on in another turn of the event loop: a quick client with much to read leaves others theirs. */
  #drained(): void {
    setImmediate(() => {
      if (this.#closing !== null || this.#outgoing.full) return;
      this.#takeFrames(true);
      this.#reader?.resume();
    });
  }

  #takeFrames(take: boolean): void {
    if (this.#room === null) return;
    if (take) enter(this.#socket, this.#room.frames);
    else leave(this.#socket, this.#room.frames);
  }

  #pendingAction(): number | null | Promise<number | null> {
    if (this.#pending !== null || this.#joined === null) return this.#pending;
    const { stream, replay } = this.#joined;
    return newestPending(stream, Math.min(this.#options.cursor, replay.head));
  }
}

async function newestStateOf(stream: EventStream, head: number): Promise<number | null> {
  const query = { kinds: ['agent_state_changed'], before: head + 1, reverse: true, limit: 1 };
  return (await stream.events(query)).events[0]?.id ?? null;
}

/** The rooms of one node are its own: its adapter works in memory and at once, and must. */
function enter(socket: Socket, room: string): void {
  if (socket.join(room) instanceof Promise) throw new Error('Rooms need the in-memory adapter.');
}

function leave(socket: Socket, room: string): void {
  if (socket.leave(room) instanceof Promise) throw new Error('Rooms need the in-memory adapter.');
}
