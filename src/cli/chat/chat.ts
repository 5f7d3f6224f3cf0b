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
import {
  ConveneClient,
  isClientError,
  type JoinedConversation,
  type SendOptions,
} from '../../client/index.ts';
import { ConveneError } from '../../errors.ts';
import type { AgentState } from '../../events/agent-state.ts';
import { isAction, type StoredEvent } from '../../events/event.ts';
import { needsConfirmation } from '../../events/kinds.ts';
import { liveView } from '../../events/visibility.ts';
import { reach } from '../source/reach.ts';
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

/** How long something is tried to be sent, in ms. */
const SEND_MS = 600_000;

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
  readonly #client: ConveneClient;
  #conversation: JoinedConversation | null = null;
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
  #failure: unknown = null;

  constructor(options: ChatOptions) {
    this.#options = options;
    this.#client = new ConveneClient({ url: options.url });
    this.#sid = options.sid;
  }

  /** Whether the agent has something to do, as far as is known. */
  get isWorking(): boolean {
    if (this.#conversation === null) return false;
    return this.#lastSent > this.#stateId || (this.#state !== null && working.has(this.#state));
  }

  /** Answers with the exit code. Throws where the server can't be reached, or refuses. */
  async run(lines: AsyncIterable<string>): Promise<number> {
    await reach(this.#options.url);
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
    this.#conversation?.changeState('paused', this.#patience).catch((error: unknown) => {
      if (!this.#left.signal.aborted) this.#note(`it could not be paused: ${String(error)}`);
    });
  }

  /** Aborted when the chat is left. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  [Symbol.dispose](): void {
    this.#left.abort();
    this.#conversation?.leave();
  }

  async #take(line: string): Promise<void> {
    if (line.trim() === '') return;
    this.#conversation ??= await this.#create();
    const answer = this.#pending === null ? null : consent(line);
    this.#sending = answer === null ? line : null;
    try {
      this.#lastSent = await this.#send(this.#conversation, line, answer);
    } finally {
      this.#sending = null;
    }
    this.#wake();
  }

  /** `answer`: of the question for consent; null where the line is a message. */
  #send(conversation: JoinedConversation, line: string, answer: boolean | null): Promise<number> {
    if (answer === null) return conversation.say(line, this.#patience);
    if (answer) return conversation.confirm(this.#pending, this.#patience);
    return conversation.reject(this.#pending, this.#patience);
  }

  /** A server may be away for a while: it is sent when it is back. */
  get #patience(): SendOptions {
    return { signal: this.#left.signal, timeoutMs: SEND_MS };
  }

  async #create(): Promise<JoinedConversation> {
    try {
      return await this.#join(await this.#client.create({ signal: this.#left.signal }), -1);
    } catch (error) {
      if (!isClientError(error, 'settings_not_found')) throw error;
      const message = `${error.message}: the server’s agent needs a language model. Set LLM_MODEL and LLM_API_KEY there.`;
      throw new ConveneError('settings_not_found', message, { cause: error });
    }
  }

  async #open(sid: string): Promise<void> {
    const { signal } = this.#left;
    const info = await this.#client.get(sid, { signal });
    if (info === null) throw new ConveneError('conversation_not_found', `There is no conversation ${sid}.`);
    const newest = { reverse: true, signal } as const;
    const [states, page] = await Promise.all([
      this.#client.events(sid, { ...newest, limit: 1, kinds: ['agent_state_changed'] }),
      this.#client.events(sid, { ...newest, limit: this.#options.history }),
    ]);
    const history = page.events.toReversed();
    const before = history[0]?.id ?? 0;
    this.#note(`${info.title}${before > 0 ? `; ${before} earlier events are not shown` : ''}`);
    const [state] = states.events;
    if (state !== undefined && state.id < before) this.#noteEvent(state);
    for (const event of history) {
      const seen = liveView(event);
      if (seen !== null) this.#show(seen);
    }
    this.#conversation = await this.#join(sid, history.at(-1)?.id ?? -1);
  }

  async #join(sid: string, after: number): Promise<JoinedConversation> {
    const { transcript, write } = this.#options;
    const conversation = await this.#client.join(sid, { after, signal: this.#left.signal });
    if (this.#sid === null) this.#note(`conversation ${sid}`);
    this.#sid = sid;
    conversation.on('delta', (delta) => {
      if (delta.kind === 'message') write(transcript.delta(delta));
      // Behind the command that came with it, which is read in this turn.
      else setImmediate(() => write(transcript.delta(delta)));
    });
    conversation.on('status', ({ message }) => this.#note(message));
    conversation.on('error', (message) => this.#note(message));
    conversation.on('state', (state) => {
      if (state === 'reconnecting') this.#note('the connection is lost: connecting again …');
      if (state === 'connected') this.#note('connected again');
    });
    void this.#follow(conversation);
    return conversation;
  }

  /** Never rejects: what ends it early is thrown by `run`. */
  async #follow(conversation: JoinedConversation): Promise<void> {
    try {
      for await (const event of conversation.events({ signal: this.#left.signal })) this.#show(event);
    } catch (error) {
      if (this.#left.signal.aborted) return;
      this.#failure = error;
      this.#leave();
    }
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

/** Whether the answer to the question is yes; null where it is none. */
function consent(line: string): boolean | null {
  switch (line.trim().toLowerCase()) {
    case 'y':
    case 'yes':
      return true;
    case 'n':
    case 'no':
      return false;
    default:
      return null;
  }
}
