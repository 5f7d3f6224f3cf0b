/**
 * One conversation in a terminal.
 *
 *   talking ──(end of input)──▶ finishing ──(the agent rests)──▶ left
 *      │ ▲
 *      │ └──(it rests)── pausing ◀──(Ctrl-C while the agent works)── talking
 *      └──(Ctrl-C while it rests, or a second one)──▶ left
 *
 * From a pipe, each line waits until the agent rests after the one before: so a script reads as a conversation does.
 */
import { randomUUID } from 'node:crypto';
import type { AgentState } from '../../events/agent-state.ts';
import { isAction, type StoredEvent } from '../../events/event.ts';
import { needsConfirmation } from '../../events/kinds.ts';
import { liveView } from '../../events/visibility.ts';
import { ServerSource } from '../source/server-source.ts';
import { ChatLink } from './chat-link.ts';
import type { Transcript } from './transcript.ts';

export interface ChatOptions {
  readonly url: string;
  /** Null: a new conversation, made with the first line. */
  readonly sid: string | null;
  /** How many of the newest events are shown of one that is resumed: 1 to 100. */
  readonly history: number;
  /** Whether a person types: then what they typed stands there already. */
  readonly isTerminal: boolean;
  readonly transcript: Transcript;
  readonly write: (text: string) => void;
}

const working: ReadonlySet<AgentState> = new Set([
  'loading',
  'init',
  'running',
  'user_confirmed',
  'user_rejected',
]);

export class Chat implements Disposable {
  readonly #options: ChatOptions;
  readonly #left = new AbortController();
  readonly #watchers = new Set<() => void>();
  #link: ChatLink | null = null;
  #sid: string | null;
  #state: AgentState | null = null;
  /** The id of the event that said so. */
  #stateId = -1;
  /** The id of the newest event that was sent from here. */
  #lastSent = -1;
  /** What is being sent: its event may come before its acknowledgement. */
  #sending: string | null = null;
  /** The action that awaits consent. */
  #pending: number | null = null;
  #isPausing = false;
  /** Why it had to be left. */
  #failure: Error | null = null;

  constructor(options: ChatOptions) {
    this.#options = options;
    this.#sid = options.sid;
  }

  /** Whether the agent has something to do, as far as is known. */
  get isWorking(): boolean {
    if (this.#link === null) return false;
    return this.#lastSent > this.#stateId || (this.#state !== null && working.has(this.#state));
  }

  /** Answers with the exit code. Throws where the server can't be reached, or refuses. */
  async run(lines: AsyncIterable<string>): Promise<number> {
    if (this.#options.sid !== null) await this.#open(this.#options.sid);
    for await (const line of lines) {
      if (this.#left.signal.aborted) break;
      await this.#unlessLeft(this.#take(line.trimEnd()));
      if (!this.#options.isTerminal) await this.#rest();
    }
    await this.#rest();
    if (this.#failure !== null) throw this.#failure;
    this.#sayGoodbye();
    return this.#state === 'error' || this.#state === 'rate_limited' ? 1 : 0;
  }

  /** Ctrl-C. */
  interrupt(): void {
    if (!this.isWorking || this.#isPausing) {
      this.#leave();
      return;
    }
    this.#isPausing = true;
    this.#note('pausing the agent; Ctrl-C again to leave');
    this.#link
      ?.send({ action: 'change_agent_state', args: { agent_state: 'paused' } })
      .catch((error: unknown) => {
        if (!this.#left.signal.aborted) this.#note(`it could not be paused: ${String(error)}`);
      });
  }

  /** Resolves when the chat is left. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  [Symbol.dispose](): void {
    this.#left.abort();
    this.#link?.[Symbol.dispose]();
  }

  async #take(line: string): Promise<void> {
    if (line.trim() === '') return;
    this.#link ??= await this.#create();
    const answer = this.#pending === null ? null : consent(line);
    this.#sending = answer === null ? line : null;
    try {
      this.#lastSent = await this.#link.send(
        answer === null
          ? { action: 'message', args: { content: line, image_urls: [] } }
          : { action: 'change_agent_state', args: { agent_state: answer, action_id: this.#pending } },
      );
    } finally {
      this.#sending = null;
    }
    this.#wake();
  }

  async #create(): Promise<ChatLink> {
    const { url } = this.#options;
    const sid = await new ServerSource(url, this.#left.signal).create(randomUUID());
    return this.#connect(sid, -1);
  }

  async #open(sid: string): Promise<void> {
    const server = new ServerSource(this.#options.url, this.#left.signal);
    const { title } = await server.conversation(sid);
    const [[state], history] = await Promise.all([
      server.newest(sid, 1, 'agent_state_changed'),
      server.newest(sid, this.#options.history),
    ]);
    const before = history[0]?.id ?? 0;
    this.#note(`${title || sid}${before > 0 ? `; ${before} earlier events are not shown` : ''}`);
    if (state !== undefined && state.id < before) this.#noteEvent(state);
    for (const event of history) {
      const seen = liveView(event);
      if (seen !== null) this.#show(seen);
    }
    this.#link = await this.#connect(sid, history.at(-1)?.id ?? -1);
  }

  async #connect(sid: string, cursor: number): Promise<ChatLink> {
    const { transcript, url, write } = this.#options;
    const link = new ChatLink({
      url,
      sid,
      cursor,
      onEvent: (event) => this.#show(event),
      onDelta: (delta) => write(transcript.delta(delta)),
      onNotice: (notice) => this.#note(notice),
      onLost: () => this.#note('the connection is lost: connecting again …'),
      onFound: () => this.#note('connected again'),
      onRefused: (error) => {
        this.#failure = error;
        this.#leave();
      },
    });
    try {
      await link.open();
    } catch (error) {
      link[Symbol.dispose]();
      throw error;
    }
    if (this.#sid === null) this.#note(`conversation ${sid}`);
    this.#sid = sid;
    return link;
  }

  #show(event: StoredEvent): void {
    const { isTerminal, transcript, write } = this.#options;
    if (this.#isMine(event)) {
      if (!isTerminal) write(transcript.event(event));
      write(transcript.note(`stored as ${event.id}`));
      return;
    }
    this.#noteEvent(event);
    write(transcript.event(event));
    if (
      this.#state === 'awaiting_user_confirmation' &&
      event.id === this.#stateId &&
      this.#pending !== null
    ) {
      this.#note('Shall this be done? y or n');
    }
    this.#wake();
  }

  #isMine(event: StoredEvent): boolean {
    if (!isAction(event) || event.source !== 'user' || event.action !== 'message') return false;
    return event.id === this.#lastSent || event.args.content === this.#sending;
  }

  #noteEvent(event: StoredEvent): void {
    if (isAction(event)) this.#noteAction(event);
    else if (event.observation === 'agent_state_changed') this.#noteState(event.id, event.extras.agent_state);
  }

  #noteAction(event: StoredEvent): void {
    if (!needsConfirmation(event)) return;
    if (event.args.confirmation_state === 'awaiting_confirmation') this.#pending = event.id;
    else if (event.cause === this.#pending) this.#pending = null;
  }

  #noteState(id: number, state: AgentState): void {
    this.#stateId = id;
    this.#state = state;
    if (!working.has(state)) this.#isPausing = false;
    if (state !== 'awaiting_user_confirmation') this.#pending = null;
  }

  /** Resolves when the agent rests after all that was sent, or the chat is left. */
  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.isWorking && !this.#left.signal.aborted) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
      check();
    });
  }

  /** What is still under way when the chat is left does not matter any more. */
  async #unlessLeft(task: Promise<void>): Promise<void> {
    const left = Promise.withResolvers<void>();
    const onLeft = (): void => left.resolve();
    this.#left.signal.addEventListener('abort', onLeft, { once: true });
    try {
      await Promise.race([task, left.promise]);
    } catch (error) {
      if (!this.#left.signal.aborted) throw error;
    } finally {
      this.#left.signal.removeEventListener('abort', onLeft);
      task.catch(() => {}); // thrown above, unless the chat was left
    }
  }

  #sayGoodbye(): void {
    if (this.#sid === null) return;
    if (this.#pending !== null) this.#note('an action still waits for your consent');
    if (this.#options.isTerminal) this.#note(`to go on: convene chat ${this.#sid}`);
  }

  #note(text: string): void {
    const { transcript, write } = this.#options;
    write(transcript.note(text));
  }

  #leave(): void {
    this.#left.abort();
    this.#wake();
  }

  #wake(): void {
    for (const check of [...this.#watchers]) check();
  }
}

/** What an answer to the question means; null where it is none. */
function consent(line: string): 'user_confirmed' | 'user_rejected' | null {
  switch (line.trim().toLowerCase()) {
    case 'y':
    case 'yes':
      return 'user_confirmed';
    case 'n':
    case 'no':
      return 'user_rejected';
    default:
      return null;
  }
}
