/**
 * A page's part in one conversation: it knows the log (`window`), follows what comes, and does what a person wants.
 *
 *   connecting ──▶ live ⇄ reconnecting ──▶ catching up ──▶ live
 *       └────────────┴─────────┴──▶ gone: it was deleted; or refused: the server says why
 *
 * What comes is taken in once a frame, however much it is. A page that was away for long does not read everything that
 * it has missed: it goes on from the newest event, and loads what is looked at.
 */
import {
  type ConveneClient,
  type Delta,
  isClientError,
  type JoinedConversation,
  type Status,
  type StoredEvent,
} from 'convene/client';
import { type AgentStatus, statusIn, unknownStatus } from './agent-status.ts';
import { Drafts } from './drafts.ts';
import { EventWindow } from './event-window.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';

export type LinkView =
  | { readonly kind: 'connecting' | 'reconnecting'; readonly since: number }
  | { readonly kind: 'catching-up'; readonly missing: number }
  | { readonly kind: 'live' | 'gone' }
  | { readonly kind: 'refused'; readonly problem: string };

/** What a page shows beside the events. The same object until something changes. */
export interface SessionView {
  readonly link: LinkView;
  readonly status: AgentStatus;
  /** How many connections watch, this one too; 0 before it is known. */
  readonly watchers: number;
  /** What the server tells of the moment, such as that a model is asked again. */
  readonly notice: Status | null;
  readonly head: number;
  /** Counts the changes of `drafts`. */
  readonly drafts: number;
}

export interface SessionOptions extends Omit<OutboxOptions, 'conversationId'> {
  readonly client: ConveneClient;
  readonly id: string;
  /** Runs a function soon, with the next frame where one is drawn. */
  readonly schedule: (run: () => void) => void;
}

type Incoming =
  | { readonly event: StoredEvent }
  | { readonly delta: Delta }
  | { readonly status: Status }
  | { readonly broken: true };

const RETRY = 'STATUS$LLM_RETRY';
/** More than this is not read one by one after an absence. */
const MAX_CATCH_UP = 2_000;
const AGAIN_MS = 1_000;
/** How long what a person wants waits for a connection. */
const CONNECT_MS = 15_000;

export class ConversationSession {
  readonly window: EventWindow;
  readonly drafts = new Drafts();
  readonly outbox: Outbox;
  readonly #options: SessionOptions;
  readonly #listeners = new Set<() => void>();
  readonly #eventListeners = new Set<(event: StoredEvent) => void>();
  readonly #deltaListeners = new Set<(delta: Delta) => void>();
  #view: SessionView;
  #queue: Incoming[] = [];
  #isScheduled = false;
  #joined: JoinedConversation | null = null;
  /** While catching up: the head that is to be reached. */
  #target = -1;

  constructor(options: SessionOptions) {
    const { client, id } = options;
    this.#options = options;
    this.outbox = new Outbox({ ...options, conversationId: id });
    this.window = new EventWindow({
      load: async (from, to, signal) => (await client.events(id, { from, to, limit: 100, signal })).events,
    });
    this.#view = {
      link: { kind: 'connecting', since: options.now() },
      status: unknownStatus,
      watchers: 0,
      notice: null,
      head: -1,
      drafts: 0,
    };
  }

  readonly view = (): SessionView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  /** Begins to follow; the answer ends it. */
  start(): () => void {
    const controller = new AbortController();
    void this.#run(controller.signal);
    return () => {
      controller.abort();
      this.#joined?.leave();
      this.#joined = null;
    };
  }

  /** What other parts of the page follow and do, over the one connection. */
  readonly live = {
    /** Events as they come, until the answer is called. */
    onEvent: (listener: (event: StoredEvent) => void): (() => void) => added(this.#eventListeners, listener),
    onDelta: (listener: (delta: Delta) => void): (() => void) => added(this.#deltaListeners, listener),
    /** Carries out a command of the person's own. Resolves once it is stored. */
    run: async (command: string): Promise<number> => (await this.#connected()).run(command),
  };

  /** A message of the person's, sent as soon as there is a way. */
  say(content: string, imageUrls: readonly string[] = []): void {
    this.outbox.add({ action: 'message', args: { content, image_urls: [...imageUrls] } });
  }

  async steer(state: 'running' | 'paused' | 'stopped'): Promise<void> {
    const joined = await this.#connected();
    await joined.changeState(state, { timeoutMs: 15_000 });
  }

  /** Answers the action that waits for a yes or no. */
  async answer(isYes: boolean, pending: number): Promise<void> {
    const joined = await this.#connected();
    await (isYes
      ? joined.confirm(pending, { timeoutMs: 15_000 })
      : joined.reject(pending, { timeoutMs: 15_000 }));
  }

  /** The connection, waited for: a page shows what can be done before there is one. */
  #connected(): Promise<JoinedConversation> {
    if (this.#joined !== null) return Promise.resolve(this.#joined);
    const { promise, reject, resolve } = Promise.withResolvers<JoinedConversation>();
    const deadline = setTimeout(() => reject(new Error('There is no connection to the server.')), CONNECT_MS);
    const unsubscribe = this.subscribe(() => {
      const { kind } = this.#view.link;
      if (this.#joined !== null) resolve(this.#joined);
      else if (kind === 'gone' || kind === 'refused') reject(new Error('The conversation is not there.'));
    });
    return promise.finally(() => {
      clearTimeout(deadline);
      unsubscribe();
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!isPassing(error)) {
          this.#change({ link: refusal(error) });
          return;
        }
        this.#lost();
        await rest(AGAIN_MS, signal);
      }
    }
  }

  /** Until it is left: by `signal`, or to go on from the newest event. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { client, id } = this.#options;
    const ended = new AbortController();
    const inner = AbortSignal.any([signal, ended.signal]);
    await this.#find(signal);
    const joined = await client.join(id, { after: this.window.head, all: true, signal });
    try {
      if (signal.aborted) return;
      this.#joined = joined;
      this.#listen(joined, inner);
      this.#change({ link: { kind: 'live' } });
      void this.outbox.drain((action, options) => joined.send(action, options), inner);
      for await (const event of joined.events({ signal })) this.#take({ event });
    } finally {
      ended.abort();
      joined.leave();
      if (this.#joined === joined) this.#joined = null;
    }
  }

  /** Learns where the log ends, and what the agent does. */
  async #find(signal: AbortSignal): Promise<void> {
    const { client, id } = this.#options;
    const newest = { reverse: true, limit: 1, signal };
    const [page, states] = await Promise.all([
      client.events(id, newest),
      client.events(id, { ...newest, kinds: ['agent_state_changed'] }),
    ]);
    const head = page.events[0]?.id ?? -1;
    // What is skipped may have said what was a draft.
    if (head > this.window.head) this.drafts.clear();
    this.window.grow(head);
    const state = states.events[0];
    const status = state === undefined ? null : statusIn(state);
    this.#change({
      head: this.window.head,
      ...(status === null || status.since < this.#view.status.since ? {} : { status }),
    });
    this.outbox.settle(head);
  }

  #listen(joined: JoinedConversation, signal: AbortSignal): void {
    joined.on('delta', (delta) => this.#take({ delta }));
    joined.on('status', (status) => this.#take({ status }));
    joined.on('presence', ({ connections }) => this.#change({ watchers: connections }));
    joined.on('state', (state) => {
      if (state === 'reconnecting') {
        this.#take({ broken: true });
        this.#lost();
      } else if (state === 'connected') {
        void this.#catchUp(joined, signal);
      }
    });
  }

  /** Says how much was missed; leaves where it is too much to be read one by one. */
  async #catchUp(joined: JoinedConversation, signal: AbortSignal): Promise<void> {
    const { client, id } = this.#options;
    try {
      const { events } = await client.events(id, { reverse: true, limit: 1, signal });
      const head = events[0]?.id ?? -1;
      const missing = head - this.window.head;
      if (missing > MAX_CATCH_UP) {
        this.window.grow(head);
        joined.leave();
      }
      this.#target = head;
      this.#change({ link: missing > 0 ? { kind: 'catching-up', missing } : { kind: 'live' } });
    } catch (error) {
      if (signal.aborted) return;
      if (isPassing(error)) this.#change({ link: { kind: 'live' } });
      else this.#change({ link: refusal(error) });
    }
  }

  #lost(): void {
    const { kind } = this.#view.link;
    if (kind === 'reconnecting' || kind === 'connecting') return;
    this.#change({ link: { kind: 'reconnecting', since: this.#options.now() }, watchers: 0 });
  }

  #take(incoming: Incoming): void {
    this.#queue.push(incoming);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#options.schedule(() => this.#flush());
  }

  /** In the order in which it came: a delta after an event belongs to what follows the event. */
  #flush(): void {
    this.#isScheduled = false;
    const queue = this.#queue;
    this.#queue = [];
    const events: StoredEvent[] = [];
    let { drafts, notice, status } = this.#view;
    for (const incoming of queue) {
      if ('event' in incoming) {
        const { event } = incoming;
        events.push(event);
        for (const listener of this.#eventListeners) listener(event);
        this.drafts.settle(event);
        status = statusIn(event) ?? status;
        if ('action' in event || status.state !== 'running') notice = null;
      } else if ('delta' in incoming) {
        this.drafts.add(incoming.delta);
        for (const listener of this.#deltaListeners) listener(incoming.delta);
        drafts += 1;
        notice = null;
      } else if ('broken' in incoming) {
        this.drafts.interrupt();
      } else {
        if (incoming.status.id === RETRY) this.drafts.restartMessage();
        notice = incoming.status.message === '' || incoming.status.id === '' ? notice : incoming.status;
      }
    }
    this.window.push(events);
    const { head } = this.window;
    this.#change({ drafts: drafts + 1, notice, status, head, ...this.#progress(head) });
    this.outbox.settle(head);
  }

  #progress(head: number): Partial<SessionView> {
    if (this.#view.link.kind !== 'catching-up') return {};
    const missing = this.#target - head;
    return { link: missing > 0 ? { kind: 'catching-up', missing } : { kind: 'live' } };
  }

  #change(change: Partial<SessionView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Answers with what takes it back. */
function added<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

function isPassing(error: unknown): boolean {
  return isClientError(error, 'timed_out') || isClientError(error, 'unreachable');
}

function refusal(error: unknown): LinkView {
  if (isClientError(error, 'conversation_not_found')) return { kind: 'gone' };
  return { kind: 'refused', problem: error instanceof Error ? error.message : String(error) };
}

/** Resolves after a while, or at once when it is aborted. */
function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
