/**
 * One conversation's live events, encoded once for all who are up to date: a reader of the feed that never pauses and
 * emits each event to a Socket.IO room. It joins the feed's live readers before any member of the room does, so that
 * each event has gone out to the room when a live member is told of it.
 *
 *   open ──▶ closed (by its owner, or by the feed: then `onLost` is called)
 */
import type { Server } from 'socket.io';
import { ConveneError } from '../../errors.ts';
import { liveView } from '../../events/visibility.ts';
import type { EventStream } from '../../stream/event-stream.ts';
import type { FeedReader } from '../../stream/feed.ts';

export interface BroadcastOptions {
  readonly io: Server;
  readonly stream: EventStream;
  /** Everything, as stored. */
  readonly all: boolean;
  /** The feed is gone: its conversation was deleted, or this node gives it up. */
  readonly onLost: (error: unknown) => void;
}

export class Broadcast {
  /** The Socket.IO room. */
  readonly room: string;
  readonly #reader: FeedReader;

  private constructor(room: string, reader: FeedReader) {
    this.room = room;
    this.#reader = reader;
  }

  /** Throws `draining` where the feed was given up meanwhile. */
  static async open({ io, stream, all, onLost }: BroadcastOptions): Promise<Broadcast> {
    const room = `${all ? 'all' : 'live'}:${stream.sid}`;
    let lost = false;
    const reader = await stream.followLive({
      deliver(event) {
        const view = liveView(event, { all });
        if (view !== null) io.local.to(room).emit('oh_event', view);
        return true;
      },
      closed(error) {
        lost = true;
        onLost(error);
      },
    });
    if (lost) throw new ConveneError('draining');
    return new Broadcast(room, reader);
  }

  /** The newest event that went out, or that was there before. */
  get cursor(): number {
    return this.#reader.cursor;
  }

  close(): void {
    this.#reader.close();
  }
}
