/**
 * Closes conversations that rest unseen: each after a while, and any to make room for another one. A conversation is
 * closed only where it rests, nobody is known to watch and nothing happens meanwhile.
 */
import { isResting } from '../agent/decide.ts';
import type { Clock } from '../clock.ts';
import type { Presence } from '../cluster/presence.ts';
import type { ConversationRecord } from '../store/event-store.ts';
import type { EventStreams } from '../stream/event-streams.ts';
import type { Background } from './background.ts';
import { closeRequest } from './closing.ts';
import type { Loops } from './loops.ts';
import { Repeated } from './repeated.ts';

export interface IdleConversationsOptions {
  readonly clock: Clock;
  readonly presence: Presence;
  readonly streams: EventStreams;
  readonly loops: Loops;
  readonly background: Background;
  /** A conversation that rests unseen for so long is closed, in ms; 0: never. */
  readonly closeDelayMs: number;
  readonly isServing: () => boolean;
}

export class IdleConversations {
  readonly #options: IdleConversationsOptions;
  readonly #sweeps: Repeated;

  constructor(options: IdleConversationsOptions) {
    const { background, clock, closeDelayMs } = options;
    this.#options = options;
    this.#sweeps = new Repeated({
      clock,
      background,
      everyMs: Math.max(closeDelayMs / 4, 50),
      what: 'idle conversations',
      task: () => this.#sweep(clock.monotonic() - closeDelayMs),
    });
  }

  start(): void {
    if (this.#options.closeDelayMs > 0) this.#sweeps.start();
  }

  stop(): void {
    this.#sweeps.stop();
  }

  /** Answers whether it was closed. */
  async close(record: ConversationRecord): Promise<boolean> {
    const { loops, presence } = this.#options;
    const { sid } = record;
    if ((await presence.viewers(sid)) !== 0) return false;
    if (record.due || !isResting(record.agentState)) return false;
    const loop = await loops.ensure(sid);
    if (loop !== null) return loop.closeIfIdle();
    return this.#closeElsewhere(record);
  }

  /** Its owner carries the close out, as any. Refused where something has happened since `record` was read. */
  async #closeElsewhere({ head, sid }: ConversationRecord): Promise<boolean> {
    const { clock, streams } = this.#options;
    const result = await streams.append({ ...closeRequest(sid, clock), behind: head });
    return result.outcome === 'appended';
  }

  /** Closes those of this node that have rested unseen since before `limit` (on the monotonic clock). */
  async #sweep(limit: number): Promise<void> {
    const { isServing, loops, presence } = this.#options;
    for (const loop of [...loops.all()]) {
      if (!isServing()) return;
      if (loop.idleSince === null || loop.idleSince > limit) continue;
      if ((await presence.viewers(loop.sid)) === 0) await loop.closeIfIdle();
    }
  }
}
