/**
 * The limit of running conversations for each user.
 *
 *   stopped ──a wish──▶ running    where a place is free, in the commit of the wish itself (`wish`)
 *             a wish──▶ waiting ──a place is free──▶ running
 *
 * What must hold: the store counts, so the limit holds whoever asks at the same time; a conversation that has something
 * to do is never closed for another one.
 */
import type { Clock } from '../clock.ts';
import { type AppendRequest, type EventStore, writerOf } from '../store/event-store.ts';
import type { EventStreams } from '../stream/event-streams.ts';
import type { IdleConversations } from './idle-conversations.ts';
import type { Loops } from './loops.ts';

export interface PlacesOptions {
  readonly clock: Clock;
  readonly store: EventStore;
  readonly streams: EventStreams;
  readonly loops: Loops;
  readonly idle: IdleConversations;
  /** How many conversations of one user may run; null for no limit. */
  readonly maxConversationsPerUser: number | null;
  readonly isServing: () => boolean;
}

/** So many candidates are looked at to make room. */
const CANDIDATES = 100;
const WAITING_AT_ONCE = 100;

export class Places {
  readonly #options: PlacesOptions;

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /** What an append asks for that wants the conversation to run. `sealed`: the settings that it is to run with. */
  wish(sealed: string | null): Pick<AppendRequest, 'set' | 'limit'> {
    const limit = this.#options.maxConversationsPerUser;
    return {
      set: { desired: 'running', due: true, ...(sealed === null ? {} : { settings: sealed }) },
      ...(limit === null ? {} : { limit }),
    };
  }

  /** For a conversation that waits: closes the least recently active one that rests unseen, or tells the user to wait. */
  async makeRoom(sid: string, userId: string): Promise<void> {
    const { idle, store, streams } = this.#options;
    for (const candidate of await store.running(userId, CANDIDATES)) {
      if (candidate.sid !== sid && (await idle.close(candidate))) break;
    }
    if (await this.#startWaiting(sid)) return;
    streams.publishFrame(sid, {
      type: 'status',
      level: 'info',
      id: 'AGENT_ERROR$TOO_MANY_CONVERSATIONS',
      message: 'Too many conversations are running. This one goes on when another one has ended.',
    });
  }

  /** Places of this user may have become free: conversations that wait for one get it, oldest first. */
  async fill(userId: string): Promise<void> {
    const { isServing, store } = this.#options;
    for (const { sid } of await store.waiting(userId, WAITING_AT_ONCE)) {
      if (!isServing() || !(await this.#startWaiting(sid))) return;
    }
  }

  /** The same for all users. */
  async fillAll(): Promise<void> {
    const { isServing, store } = this.#options;
    for (let after: string | null = null; isServing(); ) {
      const users: string[] = await store.waitingUsers(after, WAITING_AT_ONCE);
      for (const userId of users) await this.fill(userId);
      after = users.at(-1) ?? null;
      if (after === null) return;
    }
  }

  /** Turns a conversation running that waits for a place. Answers false where there is none. */
  async #startWaiting(sid: string): Promise<boolean> {
    const { clock, loops, store, streams } = this.#options;
    const record = await store.conversation(sid);
    if (record?.desired !== 'waiting') return true; // it does not wait any more
    // What makes it run is the user's event that is stored already; `behind` keeps a close from being overtaken.
    const result = await streams.append({
      sid,
      events: [],
      at: clock.now(),
      writer: writerOf.system,
      behind: record.head,
      ...this.wish(null),
    });
    if (result.outcome === 'behind') return this.#startWaiting(sid);
    if (result.outcome !== 'appended') return true; // it is gone
    if (result.desired !== 'running') return false;
    await loops.ensure(sid);
    return true;
  }
}
