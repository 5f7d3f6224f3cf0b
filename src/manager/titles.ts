/**
 * Titles that conversations get by themselves, after their first message.
 *
 *   no title ──a message──▶ its beginning ──(where there is a model)──▶ what the model calls it
 *
 * What must hold: nobody waits for a title; one that a user has given is never overwritten, whenever it was given.
 */
import type { Clock } from '../clock.ts';
import { isError } from '../errors.ts';
import { isAction, type StoredEvent } from '../events/event.ts';
import type { EventStore } from '../store/event-store.ts';
import type { EventStreams } from '../stream/event-streams.ts';
import type { Background } from './background.ts';
import type { Completions } from './completions.ts';

export interface TitlesOptions {
  readonly clock: Clock;
  readonly store: EventStore;
  readonly streams: EventStreams;
  readonly background: Background;
  readonly completions: Completions;
}

/** In characters. */
const LONGEST = 60;
/** So much of the message is shown to the model, in characters. */
const SHOWN = 2_000;
/** How long a model may take, with all retries, in ms. */
const MODEL_MS = 30_000;
/** So many conversations that need no title any more are remembered. */
const KEPT = 20_000;

const instruction =
  'You name conversations. Answer with a title of at most six words for the conversation that begins with the ' +
  "user's message: in the language of the message, without quotation marks, and nothing else.";

export class Titles {
  readonly #options: TitlesOptions;
  readonly #settled = new Set<string>();

  constructor(options: TitlesOptions) {
    this.#options = options;
  }

  /** These events were stored. `title`: the conversation was created with them, and called that. */
  heard(sid: string, events: readonly StoredEvent[], title: string | null = null): void {
    const content = contentOf(events);
    if (content === null || this.#settled.has(sid)) return;
    this.#settle(sid);
    this.#options.background.run(`title of ${sid}`, () => this.#name(sid, content, title));
  }

  /** Tells whoever watches. */
  tell(sid: string, title: string): void {
    this.#options.streams.publishFrame(sid, { type: 'title', title });
  }

  async #name(sid: string, content: string, given: string | null): Promise<void> {
    const { completions, store } = this.#options;
    const record = await store.conversation(sid);
    if (record === null) return;
    let title = record.title;
    if (title !== given) {
      const found = titleFrom(content);
      const isUnnamed = title === '' || title === defaultTitle(sid);
      if (!isUnnamed || found === null || !(await this.#rename(sid, found, title))) return;
      title = found;
    }
    if (!completions.canAsk(record)) return;
    const asked = await this.#ask(record, content);
    const named =
      asked === null ? null : titleFrom((await this.#redacted(sid, asked)).replace(/^["'“«]|["'”».]$/g, ''));
    if (named !== null) await this.#rename(sid, named, title);
  }

  async #rename(sid: string, title: string, from: string): Promise<boolean> {
    const renamed = await this.#options.store.rename(sid, title, from);
    if (renamed) this.tell(sid, title);
    return renamed;
  }

  /** Null where the model does not answer: the agent meets the same failure, and tells of it. */
  async #ask(record: Parameters<Completions['complete']>[0], content: string): Promise<string | null> {
    const { clock, completions } = this.#options;
    const late = new AbortController();
    const cancel = clock.after(MODEL_MS, () => late.abort());
    try {
      const messages = [
        { role: 'system', content: instruction },
        { role: 'user', content: content.slice(0, SHOWN) },
      ] as const;
      return await completions.complete(record, messages, late.signal);
    } catch (error) {
      if (late.signal.aborted || isError(error, 'llm_failed') || isError(error, 'draining')) return null;
      throw error;
    } finally {
      cancel();
    }
  }

  async #redacted(sid: string, text: string): Promise<string> {
    return (await this.#options.streams.redactor(sid)).text(text);
  }

  /** The one that was settled last is the last to go. */
  #settle(sid: string): void {
    this.#settled.add(sid);
    if (this.#settled.size <= KEPT) return;
    const [oldest] = this.#settled;
    if (oldest !== undefined) this.#settled.delete(oldest);
  }
}

/** What a conversation is called that has no title. */
export function defaultTitle(sid: string): string {
  return `Conversation ${sid.slice(0, 5)}`;
}

/** The first line with a word in it, shortened at a word; null where there is none. */
export function titleFrom(text: string): string | null {
  const line = text.split('\n').find((one) => /[\p{L}\p{N}]/u.test(one));
  if (line === undefined) return null;
  const words = line.trim().replaceAll(/\s+/g, ' ');
  if (words.length <= LONGEST) return words;
  const cut = words.slice(0, LONGEST);
  const end = words[LONGEST] === ' ' ? LONGEST : cut.lastIndexOf(' ');
  // A word that is too long by itself is cut between two characters.
  const kept = end > LONGEST / 3 ? cut.slice(0, end) : [...cut].slice(0, -1).join('');
  return `${kept.replace(/[\s,;:.–-]+$/, '')}…`;
}

/** Of the user's message among these. */
function contentOf(events: readonly StoredEvent[]): string | null {
  for (const event of events) {
    if (isAction(event) && event.action === 'message' && event.source === 'user') return event.args.content;
  }
  return null;
}
