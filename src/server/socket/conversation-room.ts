/**
 * The viewers of one conversation on this node, and what they share: the packets of live events, each made once for
 * each mode (normal, everything), the frames, the notice of who is there.
 *
 * It exists while it has members.
 */
import type { Clock } from '../../clock.ts';
import type { StoredEvent } from '../../events/event.ts';
import { liveView } from '../../events/visibility.ts';
import type { ConversationManager } from '../../manager/conversation-manager.ts';
import type { Logger } from '../logger.ts';
import { PresenceNotice } from './presence.ts';
import { wireFrame } from './wire-frames.ts';
import { type WirePacket, wirePacket } from './wire-packet.ts';

/** What a room wants of a member. */
export interface RoomMember {
  /** A frame for whoever watches now: the member may do without it. */
  takeFrame(packet: WirePacket): void;
}

export interface RoomOptions {
  readonly sid: string;
  readonly manager: Pick<ConversationManager, 'watchFrames' | 'getConnections'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onEmpty: () => void;
}

/** What is sent of an event; null where it is not for this mode's viewers. */
interface LivePacket {
  readonly event: StoredEvent;
  readonly packet: WirePacket | null;
}

export class ConversationRoom {
  readonly #onEmpty: () => void;
  readonly #members = new Set<RoomMember>();
  /** The newest live event: the feed hands it to all its live readers before the next one. */
  #newest: { normal: LivePacket | null; all: LivePacket | null } = { normal: null, all: null };
  readonly #unwatch: () => void;
  readonly #presence: PresenceNotice;

  constructor({ manager, clock, logger, sid, onEmpty }: RoomOptions) {
    this.#onEmpty = onEmpty;
    this.#unwatch = manager.watchFrames(sid, (frame) => {
      const { event, payload } = wireFrame(sid, frame);
      this.#show(wirePacket(event, payload));
    });
    this.#presence = new PresenceNotice({
      clock,
      count: async () => (await manager.getConnections(undefined, new Set([sid]))).size,
      show: (connections) => this.#show(wirePacket('oh_presence', { conversation_id: sid, connections })),
      onError: (error) => logger.warn({ err: error, sid }, 'presence is not known'),
    });
  }

  /** Takes the member in. It must `leave`. */
  enter(member: RoomMember): void {
    this.#members.add(member);
  }

  leave(member: RoomMember): void {
    if (!this.#members.delete(member) || this.#members.size > 0) return;
    this.#unwatch();
    this.#presence.close();
    this.#onEmpty();
  }

  /** The manager knows of one connection more, or less. */
  presenceChanged(): void {
    this.#presence.change();
  }

  /** What live viewers of a mode are sent of an event. */
  livePacket(event: StoredEvent, all: boolean): WirePacket | null {
    const mode = all ? 'all' : 'normal';
    const newest = this.#newest[mode];
    if (newest?.event === event) return newest.packet;
    const view = liveView(event, { all });
    const packet = view === null ? null : wirePacket('oh_event', view);
    this.#newest[mode] = { event, packet };
    return packet;
  }

  #show(packet: WirePacket): void {
    for (const member of this.#members) member.takeFrame(packet);
  }
}
