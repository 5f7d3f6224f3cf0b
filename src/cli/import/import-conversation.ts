/**
 * Takes one conversation of an OpenHands state folder into an event store.
 *
 *   missing ──▶ imported          there was none of this sid
 *   begun ──▶ resumed             an import was interrupted: it goes on behind the newest event
 *   whole ──▶ unchanged           all of it is there; it may have been continued since
 *   other ──▶ refused             a conversation of this sid has other events, or was deleted
 *
 * One commit takes the events of one time: so each keeps its own. The commits follow one another, and each names the
 * head that it expects, so that a log has neither gap nor repeat whenever the process ends.
 */
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { History } from '../../agent/history.ts';
import { ConveneError } from '../../errors.ts';
import type { NewEvent, StoredEvent } from '../../events/event.ts';
import { encodeEvent } from '../../store/event-row.ts';
import { type ConversationRecord, type EventStore, writerOf } from '../../store/event-store.ts';
import { type Metadata, noMetadata, parseMetadata } from '../openhands/metadata.ts';
import { findEvents, readText } from '../openhands/state-folder.ts';
import { type LogEntry, type LogSource, readEntry, readLog } from './conversation-log.ts';

/** Events of one commit. */
const MAX_BATCH = 500;
/** Characters of JSON in one commit, or a little more. */
const MAX_BATCH_SIZE = 1_000_000;

export type ImportOutcome = 'imported' | 'resumed' | 'unchanged' | 'refused';

export interface ImportedConversation {
  readonly sid: string;
  readonly outcome: ImportOutcome;
  /** Why it was refused. */
  readonly reason?: string;
  /** Events that were stored now. */
  readonly events: number;
  /** Of these, null observations for ids without a file, and for files that can't be used. */
  readonly gaps: number;
  readonly broken: number;
}

export interface ImportOptions {
  readonly store: EventStore;
  /** Whose it becomes, by what its metadata says; empty for a server without users. */
  readonly userOf: (metadata: Metadata) => string;
  /** Told of what was stored. */
  readonly onEvents?: (count: number) => void;
  /** Told of stray files and of those that can't be used. */
  readonly onProblem: (file: string, problem: string) => void;
  /** The time for what nobody knows the time of, in ms since the epoch. */
  readonly now: number;
}

export async function importConversation(
  folder: string,
  options: ImportOptions,
): Promise<ImportedConversation> {
  const sid = path.basename(folder);
  const files = await findEvents(folder);
  for (const file of files.strays) options.onProblem(file, 'is no event: left out');
  const source: LogSource = { folder, files, onProblem: options.onProblem };
  const record = await options.store.conversation(sid);
  if (record === null) return new Importing(sid, source, options).begin();
  return new Importing(sid, source, options).goOn(record);
}

class Importing {
  readonly #sid: string;
  readonly #source: LogSource;
  readonly #options: ImportOptions;
  readonly #history = new History();
  #head = -1;
  /** Of the newest event. */
  #at: number | null = null;
  readonly #counts = { events: 0, gaps: 0, broken: 0 };

  constructor(sid: string, source: LogSource, options: ImportOptions) {
    this.#sid = sid;
    this.#source = source;
    this.#options = options;
  }

  async begin(): Promise<ImportedConversation> {
    const { now, store, userOf } = this.#options;
    const metadata = await this.#metadata();
    if (metadata === null && this.#source.files.ids.size === 0) {
      return this.#done('refused', 'it has neither metadata nor events');
    }
    const { createdAt, selectedBranch, selectedRepository, title } = metadata ?? noMetadata;
    this.#at = createdAt ?? (await this.#firstTime()) ?? now;
    const result = await store.append({
      sid: this.#sid,
      events: [],
      at: this.#at,
      writer: writerOf.system,
      create: { userId: userOf(metadata ?? noMetadata), title, selectedRepository, selectedBranch },
    });
    if (result.outcome === 'missing') return this.#done('refused', 'it was deleted here');
    await this.#take();
    return this.#done('imported');
  }

  async goOn(record: ConversationRecord): Promise<ImportedConversation> {
    const { last } = this.#source.files;
    const known = Math.min(record.head, last);
    if (known >= 0 && !((await this.#isStored(0)) && (await this.#isStored(known)))) {
      const hasMore = last > record.head ? '' : ', or was changed since';
      return this.#done('refused', `a conversation of this id has other events here${hasMore}`);
    }
    if (record.head > last) return this.#done('unchanged');
    await this.#foldStored(record);
    await this.#take();
    return this.#done(this.#counts.events === 0 ? 'unchanged' : 'resumed');
  }

  /** Null where there is none that can be used. */
  async #metadata(): Promise<Metadata | null> {
    const file = path.join(this.#source.folder, 'metadata.json');
    try {
      const text = await readText(file);
      if (text !== null) return parseMetadata(text);
      this.#options.onProblem(file, 'is missing: the title is unknown');
    } catch (error) {
      this.#options.onProblem(file, `can’t be used: ${messageOf(error)}`);
    }
    return null;
  }

  async #firstTime(): Promise<number | null> {
    const quiet = { ...this.#source, onProblem: () => {} };
    for await (const { at } of readLog(quiet)) if (at !== null) return at;
    return null;
  }

  /** Whether the store has, under this id, what the file says. */
  async #isStored(id: number): Promise<boolean> {
    const quiet = { ...this.#source, onProblem: () => {} };
    const { event } = await readEntry(quiet, id);
    const { events } = await this.#options.store.events({ sid: this.#sid, after: id - 1, limit: 1 });
    const [stored] = events;
    return stored !== undefined && isDeepStrictEqual(meaning(event), meaning(stored));
  }

  async #foldStored({ sid, head, createdAt }: ConversationRecord): Promise<void> {
    this.#at = createdAt;
    while (this.#head < head) {
      const { events } = await this.#options.store.events({ sid, after: this.#head, limit: 500 });
      if (events.length === 0) throw new ConveneError('internal', `The log of ${sid} has a gap.`);
      for (const event of events) this.#fold(event);
    }
  }

  #fold(event: StoredEvent): void {
    this.#history.fold(event);
    this.#head = event.id;
    this.#at = Date.parse(event.timestamp);
  }

  /** Stores what is not stored yet, and the end. */
  async #take(): Promise<void> {
    let batch: LogEntry[] = [];
    let size = 0;
    for await (const entry of readLog(this.#source, this.#head + 1)) {
      const at = entry.at ?? batch.at(-1)?.at ?? this.#at;
      if (
        batch[0] !== undefined &&
        (batch[0].at !== at || batch.length >= MAX_BATCH || size > MAX_BATCH_SIZE)
      ) {
        await this.#storeEntries(batch);
        batch = [];
        size = 0;
      }
      batch.push({ ...entry, at });
      size += sizeOf(entry.event);
    }
    if (batch.length > 0) await this.#storeEntries(batch);
    const ending = this.#history.ending();
    if (ending.length > 0) await this.#store(ending, this.#at ?? this.#options.now);
  }

  async #storeEntries(batch: readonly LogEntry[]): Promise<void> {
    const at = batch[0]?.at ?? this.#options.now;
    await this.#store(
      batch.map(({ event }) => event),
      at,
    );
    for (const { from } of batch) {
      if (from === 'gap') this.#counts.gaps += 1;
      if (from === 'broken') this.#counts.broken += 1;
    }
  }

  async #store(events: readonly NewEvent[], at: number): Promise<void> {
    const stored: NewEvent[] = [];
    for (const [index, event] of events.entries()) {
      const linked = this.#history.link(event);
      stored.push(linked);
      const message = linked.message ?? '';
      const timestamp = new Date(at).toISOString();
      this.#history.fold({ ...linked, id: this.#head + 1 + index, timestamp, message });
    }
    const result = await this.#options.store.append({
      sid: this.#sid,
      events: stored,
      at,
      writer: writerOf.system,
      behind: this.#head,
      set: { agentState: this.#history.agentState },
    });
    if (result.outcome !== 'appended' || result.events[0]?.id !== this.#head + 1) {
      throw new ConveneError('internal', `The conversation ${this.#sid} was changed during its import.`);
    }
    this.#head = result.head;
    this.#at = at;
    this.#counts.events += events.length;
    this.#options.onEvents?.(events.length);
  }

  #done(outcome: ImportOutcome, reason?: string): ImportedConversation {
    return { sid: this.#sid, outcome, ...(reason === undefined ? {} : { reason }), ...this.#counts };
  }
}

/** An event without its place, its human line, and the link that an import may add. */
function meaning(event: NewEvent | StoredEvent): unknown {
  const { data, kind, source } = encodeEvent(event);
  return { kind, source, body: { ...JSON.parse(data), message: '' } };
}

/** Roughly, without writing it out. */
function sizeOf(event: NewEvent): number {
  return JSON.stringify(event).length;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
