/**
 * The viewers of one conversation on this node, and what they share: a broadcast for each mode (normal, everything),
 * the frames, the notice of who is there.
 *
 * It exists while it has members: the first one opens it, the last one closes it. A broadcast is opened when it is
 * first needed; where that fails, the next member tries again.
 */
import type { Server } from 'socket.io';
import type { Clock } from '../../clock.ts';
import type { ConversationManager } from '../../manager/conversation-manager.ts';
import type { EventStream } from '../../stream/event-stream.ts';
import type { Logger } from '../logger.ts';
import { Broadcast } from './broadcast.ts';
import { PresenceNotice } from './presence.ts';
import { wireFrame } from './wire-frames.ts';

/** What a room wants of a member. */
export interface RoomMember {
  readonly all: boolean;
  /** A frame was emitted: time to see whether the member still takes them. */
  checkOutgoing(): void;
  /** There will be no more events, for this reason. */
  lost(error: unknown): void;
}

export interface RoomOptions {
  readonly io: Server;
  readonly manager: Pick<ConversationManager, 'watchFrames' | 'getConnections'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stream: EventStream;
  readonly onEmpty: () => void;
}

export class ConversationRoom {
  /** The Socket.IO room of those who take frames. */
  readonly frames: string;
  readonly #options: RoomOptions;
  readonly #members = new Set<RoomMember>();
  readonly #opening = new Map<boolean, Promise<Broadcast>>();
  readonly #open = new Map<boolean, Broadcast>();
  readonly #unwatch: () => void;
  readonly #presence: PresenceNotice;
  #closed = false;

  constructor(options: RoomOptions) {
    const { manager, clock, logger, stream } = options;
    const { sid } = stream;
    this.#options = options;
    this.frames = `frames:${sid}`;
    this.#unwatch = manager.watchFrames(sid, (frame) => {
      const { event, payload } = wireFrame(sid, frame);
      this.#emit(event, payload);
    });
    this.#presence = new PresenceNotice({
      clock,
      count: async () => (await manager.getConnections(undefined, new Set([sid]))).size,
      show: (connections) => this.#emit('oh_presence', { conversation_id: sid, connections }),
      onError: (error) => logger.warn({ err: error, sid }, 'presence is not known'),
    });
  }

  /** Takes the member in. It must `leave`. */
  enter(member: RoomMember): void {
    this.#members.add(member);
  }

  leave(member: RoomMember): void {
    if (this.#members.delete(member) && this.#members.size === 0) this.#close();
  }

  /** The manager knows of one connection more, or less. */
  presenceChanged(): void {
    this.#presence.change();
  }

  /** The broadcast of a mode, open. */
  async broadcast(all: boolean): Promise<Broadcast> {
    const open = this.#open.get(all);
    if (open !== undefined) return open;
    let opening = this.#opening.get(all);
    if (opening === undefined) {
      opening = this.#openBroadcast(all).finally(() => this.#opening.delete(all));
      this.#opening.set(all, opening);
    }
    return opening;
  }

  async #openBroadcast(all: boolean): Promise<Broadcast> {
    const { io, stream } = this.#options;
    const broadcast = await Broadcast.open({ io, stream, all, onLost: (error) => this.#lost(all, error) });
    if (this.#closed) broadcast.close();
    else this.#open.set(all, broadcast);
    return broadcast;
  }

  #emit(event: string, payload: unknown): void {
    this.#options.io.local.to(this.frames).emit(event, payload);
    for (const member of this.#members) member.checkOutgoing();
  }

  #lost(all: boolean, error: unknown): void {
    this.#open.delete(all);
    for (const member of [...this.#members]) if (member.all === all) member.lost(error);
  }

  /** At once, so that a room that is opened right after this one broadcasts alone. */
  #close(): void {
    this.#closed = true;
    this.#unwatch();
    this.#presence.close();
    for (const broadcast of this.#open.values()) broadcast.close();
    this.#options.onEmpty();
  }
}
