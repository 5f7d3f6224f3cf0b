/**
 * Conversations that are made of events which happened before: forks of a conversation, and recordings.
 *
 *   nothing ──▶ created, empty ──its events──▶ whole, stopped
 *
 * What must hold: ids and times are those of the original, so that what answers what still does; nothing of it is
 * carried out again, because the log ends as that of a conversation which was closed (`History`); a failure leaves
 * nothing behind. The workspace is new and empty, which the log says where something was done in the old one.
 */
import { History } from '../agent/history.ts';
import { WORKSPACE_ERROR } from '../agent/loop-state.ts';
import type { Clock } from '../clock.ts';
import { ConveneError } from '../errors.ts';
import type { NewEvent } from '../events/event.ts';
import { errorObservation } from '../events/observations.ts';
import { nothing, parseRecordedEvent, type RecordedEvent } from '../events/recorded-event.ts';
import {
  type AppendResult,
  type ConversationRecord,
  type EventStore,
  type NewConversation,
  writerOf,
} from '../store/event-store.ts';
import type { Settings } from '../store/settings.ts';
import type { EventStreams } from '../stream/event-streams.ts';
import type { ConversationSettings } from './conversation-settings.ts';

export interface CopiesOptions {
  readonly clock: Clock;
  readonly store: EventStore;
  readonly streams: EventStreams;
  readonly settings: ConversationSettings;
}

export interface CopyOptions {
  readonly title: string;
  readonly userId: string;
  /** For its loop. */
  readonly settings: Settings | null;
}

/** Events of one commit; one commit takes the events of one time. */
const MAX_BATCH = 500;
/** Commits under way. */
const MAX_PENDING = 64;
const PAGE = 500;
/** An id far beyond the others is a mistake, and not so many events that are missing. */
const MAX_GAP = 10_000;

const emptyWorkspace =
  'This conversation is a copy, and begins with an empty workspace: the files of the original, and the state of its shells, are not here.';

export class Copies {
  readonly #options: CopiesOptions;

  constructor(options: CopiesOptions) {
    this.#options = options;
  }

  /** Copies what stands up to and with the event `upTo`. Where `sid` is there already, nothing happens. */
  async fork(from: ConversationRecord, upTo: number, sid: string, options: CopyOptions): Promise<void> {
    const { selectedBranch, selectedRepository } = from;
    await this.#make(sid, { ...options, selectedBranch, selectedRepository }, this.#events(from.sid, upTo));
  }

  /** Makes a conversation of a trajectory, whose actions are not carried out. Throws `invalid_request`. */
  async take(trajectory: readonly unknown[], sid: string, options: CopyOptions): Promise<void> {
    const events = recorded(trajectory);
    await this.#make(sid, options, events);
  }

  async #make(
    sid: string,
    options: CopyOptions & Pick<NewConversation, 'selectedBranch' | 'selectedRepository'>,
    events: AsyncIterable<RecordedEvent> | Iterable<RecordedEvent>,
  ): Promise<void> {
    const { clock, settings: kept, store, streams } = this.#options;
    const { settings, ...create } = options;
    kept.use(sid, settings);
    const sealed = settings === null ? null : kept.seal(sid, settings);
    const result = await streams.append({
      sid,
      events: [],
      at: clock.now(),
      writer: writerOf.system,
      create: { ...create, settings: sealed },
    });
    if (result.outcome !== 'appended') throw new ConveneError('conversation_not_found');
    if (!result.created) return;
    try {
      await new Writing(sid, this.#options).write(events);
    } catch (error) {
      await store.remove(sid);
      kept.forget(sid);
      throw error;
    }
  }

  async *#events(sid: string, upTo: number): AsyncGenerator<RecordedEvent> {
    for (let after = -1; after < upTo; ) {
      const { events, hasMore } = await this.#options.store.events({
        sid,
        after,
        before: upTo + 1,
        limit: PAGE,
      });
      for (const stored of events) {
        const { id, timestamp, ...event } = stored;
        after = id;
        yield { event, at: Date.parse(timestamp) };
      }
      if (!hasMore) return;
    }
  }
}

/** The log of one copy as it is written: commits follow each other without waiting, and keep their order. */
class Writing {
  readonly #sid: string;
  readonly #options: CopiesOptions;
  readonly #history = new History();
  readonly #pending: Promise<AppendResult>[] = [];
  #head = -1;
  #at = 0;
  #batch: NewEvent[] = [];

  constructor(sid: string, options: CopiesOptions) {
    this.#sid = sid;
    this.#options = options;
  }

  async write(events: AsyncIterable<RecordedEvent> | Iterable<RecordedEvent>): Promise<void> {
    try {
      for await (const { at, event } of events) {
        const time = at ?? (this.#at || this.#options.clock.now());
        if (time !== this.#at || this.#batch.length >= MAX_BATCH) await this.#store();
        this.#at = time;
        this.#add(event);
      }
      await this.#store();
      this.#at = this.#options.clock.now();
      for (const event of this.#ending()) this.#add(event);
      await this.#store();
    } finally {
      await Promise.allSettled(this.#pending);
    }
    await this.#settle(0);
  }

  #ending(): NewEvent[] {
    const ending = this.#history.ending();
    if (!this.#history.workspaceUsed) return ending;
    return [...ending, { ...errorObservation(emptyWorkspace, WORKSPACE_ERROR), source: 'environment' }];
  }

  #add(event: NewEvent): void {
    const linked = this.#history.link(event);
    this.#batch.push(linked);
    this.#head += 1;
    const timestamp = new Date(this.#at).toISOString();
    this.#history.fold({ ...linked, id: this.#head, timestamp, message: linked.message ?? '' });
  }

  async #store(): Promise<void> {
    const events = this.#batch;
    if (events.length === 0) return;
    this.#batch = [];
    this.#pending.push(
      this.#options.streams.append({
        sid: this.#sid,
        events,
        at: this.#at,
        writer: writerOf.system,
        behind: this.#head - events.length,
        set: { agentState: this.#history.agentState },
      }),
    );
    await this.#settle(MAX_PENDING);
  }

  /** Waits until at most so many commits are under way. */
  async #settle(most: number): Promise<void> {
    while (this.#pending.length > most) {
      const result = await this.#pending.shift();
      if (result?.outcome !== 'appended') {
        throw new ConveneError('internal', `The conversation ${this.#sid} was changed while it was copied.`);
      }
    }
  }
}

/** In the order of their ids, with null observations for what was left out. */
function recorded(trajectory: readonly unknown[]): RecordedEvent[] {
  const entries: RecordedEvent[] = [];
  for (const [index, data] of trajectory.entries()) {
    const { id } = Object(data);
    if (Number.isSafeInteger(id) && id > entries.length && id - entries.length < MAX_GAP) {
      while (entries.length < id) entries.push({ event: nothing, at: null });
    }
    try {
      entries.push(parseRecordedEvent(data));
    } catch (error) {
      throw new ConveneError(
        'invalid_request',
        `Event ${index} of the trajectory: ${error instanceof Error ? error.message : String(error)}`,
        { details: { field: 'trajectory', index } },
      );
    }
  }
  return entries;
}
