/**
 * One client's connection: it joins one conversation, follows its log from the client's cursor, and brings what the
 * client sends to the manager.
 *
 *   joining ──▶ joined ──(`follow`)──▶ following ──▶ closed
 *      └──(refused, or the transport is gone)──────────▲
 *
 * All its events come from its one reader of the feed, in order, and go into its one queue: so there is no gap, no repeat
 * and no reordering. While the reader is live, the packet of each event is shared with all who watch. When too much
 * waits for the client, the reader pauses, and catches up from the store when the client has taken it.
 *
 * The join's H is the head that the log had then: what is above it follows the live rules, wherever it is read.
 */
import type { Socket } from 'socket.io';
import { isError } from '../../errors.ts';
import type { StoredEvent } from '../../events/event.ts';
import { type ReplayOptions, replayView } from '../../events/visibility.ts';
import type { EventStream } from '../../stream/event-stream.ts';
import type { FeedReader } from '../../stream/feed.ts';
import { ClientActions } from './client-actions.ts';
import type { ConversationRoom, RoomMember } from './conversation-room.ts';
import { Outgoing } from './outgoing.ts';
import { isPending, newestPending } from './pending-action.ts';
import type { Postman } from './postman.ts';
import { refusals } from './refusal.ts';
import { errorFrame } from './wire-frames.ts';
import { type WirePacket, wirePacket } from './wire-packet.ts';

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly postman: Postman;
  readonly cursor: number;
  readonly all: boolean;
  /** Records the connection and answers with the log; null where there is no such conversation. */
  readonly join: () => Promise<EventStream | null>;
  /** The room of the conversation's viewers on this node. */
  readonly room: () => ConversationRoom;
  readonly send: (data: unknown) => Promise<{ readonly id: number }>;
  /** Forgets the connection. */
  readonly forget: () => Promise<void>;
  readonly onError: (error: unknown, what: string) => void;
}

export class ClientConnection implements RoomMember {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #outgoing: Outgoing;
  readonly #actions: ClientActions;
  #joining: Promise<void> = Promise.resolve();
  #room: ConversationRoom | null = null;
  #joined: { readonly stream: EventStream; readonly replay: ReplayOptions } | null = null;
  #reader: FeedReader | null = null;
  #takesFrames = false;
  /** The pending action that was sent last. */
  #pending: number | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: ConnectionOptions) {
    const { postman, socket } = options;
    this.#options = options;
    this.#socket = socket;
    this.#outgoing = new Outgoing(socket.conn, postman, {
      onDrained: () => this.#drained(),
      onRelieved: () => this.#actions.hold(false),
    });
    this.#actions = new ClientActions({
      socket,
      send: options.send,
      pendingAction: () => this.#pendingAction(),
      onError: options.onError,
      onAnswered: () => this.#checkOutgoing(),
    });
  }

  /** Throws a `Refusal`, or what failed. Not to be called twice. */
  join(): Promise<void> {
    this.#joining = this.#join();
    return this.#joining;
  }

  /** Begins to send events, once the client was told that it is connected. */
  async follow(): Promise<void> {
    const room = this.#room;
    if (this.#joined === null || room === null || this.#closing !== null) return;
    const { stream, replay } = this.#joined;
    room.presenceChanged();
    this.#takesFrames = true;
    const reader = await stream.follow(this.#options.cursor, {
      deliver: (event, live) => this.#deliver(event, live, room, replay),
      closed: (error) => this.lost(error),
    });
    this.#reader = reader;
    if (this.#closing !== null) reader.close();
    else if (!this.#outgoing.full) reader.resume(); // in case it was drained before it was known here
  }

  takeFrame(packet: WirePacket): void {
    if (!this.#takesFrames) return;
    this.#outgoing.push(packet);
    this.#checkOutgoing();
  }

  /** There will be no more events, for this reason. */
  lost(error: unknown): void {
    if (this.#closing !== null) return;
    if (isError(error, 'conversation_not_found')) {
      this.#outgoing.push(wirePacket('oh_event', errorFrame('This conversation was deleted.')));
      this.#outgoing.flush();
      this.#socket.disconnect(true);
    } else {
      if (error !== undefined) this.#options.onError(error, 'feed');
      this.reconnect();
    }
  }

  /** Ends the transport in the way after which a client connects again by itself. */
  reconnect(): void {
    this.#outgoing.flush();
    this.#socket.conn.close();
  }

  /** Releases everything; resolves when what the client sent before is dealt with. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #join(): Promise<void> {
    const { join, room, cursor, all } = this.#options;
    const stream = await join();
    if (stream === null) throw refusals.unknownConversation();
    if (this.#closing !== null) return;
    this.#room = room();
    this.#room.enter(this);
    const head = await stream.head();
    const newestState = all || cursor >= head ? null : await newestStateOf(stream, head);
    this.#joined = { stream, replay: { all, head, newestState } };
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

  #deliver(event: StoredEvent, live: boolean, room: ConversationRoom, replay: ReplayOptions): boolean {
    if (isPending(event)) this.#pending = event.id;
    const isShared = live && event.id > replay.head;
    const packet = isShared ? room.livePacket(event, this.#options.all) : replayPacket(event, replay);
    if (packet !== null) this.#outgoing.push(packet);
    // Whoever reads the store goes at its client's pace, which only shows when something is written.
    if (!live) this.#outgoing.sendMuch();
    this.#checkOutgoing();
    return !this.#outgoing.full;
  }

  #checkOutgoing(): void {
    if (this.#outgoing.full) this.#takesFrames = false;
    if (this.#outgoing.flooded) this.#actions.hold(true);
  }

  /** Goes on in another turn of the event loop: a quick client with much to read leaves others theirs. */
  #drained(): void {
    setImmediate(() => {
      if (this.#closing !== null || this.#outgoing.full) return;
      this.#takesFrames = true;
      this.#reader?.resume();
    });
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

function replayPacket(event: StoredEvent, options: ReplayOptions): WirePacket | null {
  const view = replayView(event, options);
  return view === null ? null : wirePacket('oh_event', view);
}
