/**
 * The manager's one algorithm, against ports: both modes are this class with other adapters.
 *
 *   new ──start()──▶ serving ──dispose──▶ draining (nothing new starts, loops end) ──▶ disposed
 *
 * The log says what should be (`desired`, `due`); this class sees to it that it is. So whatever is lost in between
 * is found again by `#reconcile`, which runs at the start, when something ends, and every now and then.
 */
import { AgentLoop } from '../agent/agent-loop.ts';
import type { AgentRegistry } from '../agent/agent-registry.ts';
import { isResting } from '../agent/decide.ts';
import { requests, wantsToRun } from '../agent/loop-state.ts';
import type { LoopEnd } from '../agent/loop-writer.ts';
import type { Cancel, Clock } from '../clock.ts';
import type { Bus, Frame } from '../cluster/bus.ts';
import type { Membership } from '../cluster/membership.ts';
import type { Presence } from '../cluster/presence.ts';
import { ConveneError } from '../errors.ts';
import { parseClientAction } from '../events/client-action.ts';
import { isAction, isObservation, type NewEvent, type StoredEvent } from '../events/event.ts';
import type { RuntimeProvider } from '../runtime/runtime.ts';
import type {
  AppendRequest,
  AppendResult,
  ConversationRecord,
  EventStore,
  ListPage,
  ListQuery,
} from '../store/event-store.ts';
import { writerOf } from '../store/event-store.ts';
import type { Settings } from '../store/settings.ts';
import type { EventStream } from '../stream/event-stream.ts';
import { EventStreams } from '../stream/event-streams.ts';
import { Attachments } from './attachments.ts';
import { Background } from './background.ts';
import type { Conversation } from './conversation.ts';
import {
  type AgentLoopInfo,
  type ClusterInfo,
  type ConversationCallback,
  ConversationManager,
  type InitialMessage,
  type Sent,
  type StartOptions,
} from './conversation-manager.ts';
import { ConversationSettings } from './conversation-settings.ts';
import { Loops } from './loops.ts';

/** The ports that a mode chooses. */
export interface ManagerPorts {
  readonly store: EventStore;
  readonly bus: Bus;
  readonly membership: Membership;
  readonly presence: Presence;
  readonly runtimes: RuntimeProvider;
  readonly clock: Clock;
}

export interface ManagerOptions {
  readonly agents: AgentRegistry;
  /** 32 bytes: seals what a conversation's loop needs to start elsewhere. */
  readonly sealingKey: Uint8Array;
  /** For whoever has stored no settings of their own; its fields also stand in for those that settings leave empty. */
  readonly defaults: {
    readonly maxIterations: number;
    readonly maxBudget: number | null;
    readonly confirmationMode: boolean;
  };
  /** How many conversations of one user may run; null for no limit. */
  readonly maxConversationsPerUser: number | null;
  /** A conversation that rests unseen for so long is closed, in ms; 0: never. */
  readonly closeDelayMs: number;
  /** How long a loop may take to end its step at a shutdown, in ms. */
  readonly drainGraceMs: number;
  /** How often what should run is compared with what runs, in ms. @default 5000 */
  readonly reconcileMs?: number;
  /** A loop saves a snapshot after so many events. @default 100 */
  readonly snapshotEvery?: number;
  /** Secrets of the server that must not reach a log either. */
  readonly serverSecrets?: readonly string[];
  /** Where this node answers HTTP, for `clusterInfo`. */
  readonly url?: () => string | null;
  readonly onError: (error: unknown, what: string) => void;
  /** Released last, in this order, when the manager is disposed of: what was made for it alone. */
  readonly owned?: readonly AsyncDisposable[];
}

interface Joined {
  readonly sid: string;
  readonly userId: string;
  readonly settings: Settings | null;
}

/** How many loops are opened at a time when there is much to pick up. */
const OPEN_AT_ONCE = 16;
const WAITING_AT_ONCE = 100;

export class CoreConversationManager extends ConversationManager {
  readonly streams: EventStreams;
  readonly #ports: ManagerPorts;
  readonly #options: ManagerOptions;
  readonly #settings: ConversationSettings;
  readonly #loops: Loops;
  readonly #attachments: Attachments;
  readonly #background: Background;
  readonly #connections = new Map<string, Joined>();
  readonly #callbacks = new Set<() => void>();
  readonly #startedAt: string;
  #state: 'new' | 'serving' | 'draining' | 'disposed' = 'new';
  #cancelReconcile: Cancel | null = null;
  #cancelSweep: Cancel | null = null;
  #disposing: Promise<void> | null = null;

  constructor(ports: ManagerPorts, options: ManagerOptions) {
    super();
    const { onError } = options;
    this.#ports = ports;
    this.#options = options;
    this.#background = new Background(onError);
    this.#settings = new ConversationSettings({
      key: options.sealingKey,
      store: ports.store,
      ...(options.serverSecrets === undefined ? {} : { serverSecrets: options.serverSecrets }),
    });
    this.streams = new EventStreams({
      store: ports.store,
      bus: ports.bus,
      clock: ports.clock,
      redactor: (sid) => this.#settings.redactor(sid),
      onError,
    });
    this.#loops = new Loops({
      store: ports.store,
      membership: ports.membership,
      create: (conversation) => this.#createLoop(conversation),
      onEnd: (loop, end) => this.#loopEnded(loop, end),
    });
    this.#attachments = new Attachments({
      clock: ports.clock,
      open: (sid) => this.#openHandle(sid),
      onError,
    });
    this.#startedAt = new Date(ports.clock.now()).toISOString();
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') return;
    await this.#ports.membership.start();
    await this.#ports.presence.start();
    this.#state = 'serving';
    this.streams.start();
    await this.#reconcile();
    this.#scheduleReconcile();
    this.#scheduleSweep();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async isReady(): Promise<boolean> {
    if (this.#state !== 'serving') return false;
    try {
      await this.#ports.store.heads([]);
      return true;
    } catch {
      return false; // readiness is the answer to just this
    }
  }

  async attachToConversation(sid: string, userId = ''): Promise<Conversation | null> {
    this.#mustServe();
    if ((await this.getConversation(sid, userId)) === null) return null;
    return this.#attachments.attach(sid);
  }

  async detachFromConversation(conversation: Conversation): Promise<void> {
    this.#attachments.detach(conversation);
  }

  async joinConversation(
    sid: string,
    connectionId: string,
    settings: Settings | null,
    userId = '',
  ): Promise<EventStream | null> {
    this.#mustServe();
    const record = await this.getConversation(sid, userId);
    if (record === null) return null;
    this.#connections.set(connectionId, { sid, userId, settings });
    await this.#ports.presence.join({ connectionId, sid, userId });
    if (record.desired === 'running') this.#ensureSoon(sid);
    return this.streams.stream(sid);
  }

  async isAgentLoopRunning(sid: string): Promise<boolean> {
    return this.#loops.has(sid);
  }

  async getRunningAgentLoops(userId?: string, filterToSids?: ReadonlySet<string>): Promise<Set<string>> {
    return new Set(this.#runningLoops(userId, filterToSids).map((loop) => loop.sid));
  }

  async getConnections(userId?: string, filterToSids?: ReadonlySet<string>): Promise<Map<string, string>> {
    const connections = await this.#ports.presence.connections({
      ...(userId === undefined ? {} : { userId }),
      ...(filterToSids === undefined ? {} : { sids: [...filterToSids] }),
    });
    return new Map(connections.map(({ connectionId, sid }) => [connectionId, sid]));
  }

  async maybeStartAgentLoop(
    sid: string,
    settings: Settings | null,
    userId = '',
    initialUserMessage?: InitialMessage,
    options: StartOptions = {},
  ): Promise<EventStream> {
    this.#mustServe();
    const before = await this.#ports.store.conversation(sid);
    if (before !== null && before.userId !== userId) throw new ConveneError('conversation_not_found');
    const sealed = settings === null ? null : this.#settings.seal(sid, settings);
    // What the message must not contain is known before the conversation is.
    if (before === null || (before.desired !== 'running' && settings !== null))
      this.#settings.use(sid, settings);
    const first: NewEvent = initialUserMessage === undefined ? requests.start : messageOf(initialUserMessage);
    const result = await this.streams.append({
      sid,
      events: [first],
      at: this.#ports.clock.now(),
      writer: writerOf.user(userId),
      key: initialUserMessage?.actionId ?? this.#ports.clock.id(),
      unlessRunning: true,
      create: {
        userId,
        title: options.title ?? `Conversation ${sid.slice(0, 5)}`,
        selectedRepository: options.selectedRepository ?? null,
        selectedBranch: options.selectedBranch ?? null,
        settings: sealed,
      },
      ...this.#wish(sealed),
    });
    const { userId: owner } =
      result.outcome === 'running' ? result : this.#appended(result, 'initialUserMessage');
    if (owner !== userId) {
      // Another user has created it meanwhile: its secrets are not this user's.
      this.#settings.forget(sid);
      throw new ConveneError('conversation_not_found');
    }
    if (result.outcome === 'appended' && result.desired === 'waiting') await this.#makeRoom(sid, userId);
    else await this.#loops.ensure(sid);
    return this.streams.stream(sid);
  }

  async sendToEventStream(connectionId: string, data: unknown): Promise<Sent> {
    const joined = this.#connections.get(connectionId);
    if (joined === undefined) throw new ConveneError('not_connected');
    return this.#send(joined.sid, joined.userId, joined.settings, data);
  }

  async sendEventToConversation(sid: string, data: unknown, userId = ''): Promise<Sent> {
    if ((await this.getConversation(sid, userId)) === null) throw new ConveneError('conversation_not_found');
    return this.#send(sid, userId, null, data);
  }

  async disconnectFromSession(connectionId: string): Promise<void> {
    const joined = this.#connections.get(connectionId);
    if (joined === undefined) return;
    this.#connections.delete(connectionId);
    this.#loops.get(joined.sid)?.touch();
    await this.#ports.presence.leave(connectionId);
  }

  async closeSession(sid: string): Promise<void> {
    const record = await this.#ports.store.conversation(sid);
    if (record === null) return;
    let closedAt = record.head;
    const isTold = record.desired === 'stopped' && record.agentState === 'stopped';
    if (record.desired !== 'stopped') {
      const result = await this.#append(sid, {
        events: [requests.close],
        key: this.#ports.clock.id(),
        set: { desired: 'stopped', due: true },
      });
      if (result.outcome === 'appended') closedAt = result.events.at(-1)?.id ?? closedAt;
    }
    // The loop carries it out: it answers what is under way, says so to everybody, and ends.
    const loop = await this.#loops.ensure(sid);
    if (loop === null) return;
    const resumed = await this.#resumption(sid, closedAt, isTold);
    await Promise.race([loop.ended, resumed.promise]);
    resumed.forget();
  }

  async deleteConversation(sid: string, userId = ''): Promise<boolean> {
    const record = await this.getConversation(sid, userId);
    if (record === null) return false;
    const removed = await this.#ports.store.remove(sid);
    const loop = this.#loops.get(sid);
    loop?.abandon('deleted');
    await loop?.ended;
    this.streams.forget(sid, new ConveneError('conversation_not_found', 'This conversation was deleted.'));
    this.#attachments.drop(sid);
    this.#settings.forget(sid);
    await this.#ports.runtimes.remove(sid);
    this.#background.run('place', () => this.#fillPlaces(userId));
    return removed;
  }

  async getAgentLoopInfo(userId?: string, filterToSids?: ReadonlySet<string>): Promise<AgentLoopInfo[]> {
    const node = this.#ports.membership.incarnation;
    return this.#runningLoops(userId, filterToSids).map((loop) => ({
      sid: loop.sid,
      userId: loop.userId,
      node,
      agentState: loop.agentState,
      agent: loop.agentName,
      epoch: loop.epoch,
    }));
  }

  async getConversation(sid: string, userId = ''): Promise<ConversationRecord | null> {
    const record = await this.#ports.store.conversation(sid);
    return record === null || record.userId !== userId ? null : record;
  }

  listConversations(query: ListQuery): Promise<ListPage> {
    return this.#ports.store.list(query);
  }

  async renameConversation(sid: string, title: string, userId = ''): Promise<boolean> {
    if ((await this.getConversation(sid, userId)) === null) return false;
    return this.#ports.store.rename(sid, title);
  }

  async addCallback(sid: string, callback: ConversationCallback): Promise<() => void> {
    const unsubscribe = await this.streams.stream(sid).subscribe((event) => {
      try {
        callback(event, sid);
      } catch (error) {
        this.#options.onError(error, `callback of ${sid}`);
      }
    });
    const remove = (): void => {
      this.#callbacks.delete(remove);
      unsubscribe();
    };
    this.#callbacks.add(remove);
    return remove;
  }

  watchFrames(sid: string, callback: (frame: Frame) => void): () => void {
    return this.#ports.bus.listen(sid, { hint: () => {}, frame: callback });
  }

  async clusterInfo(sid?: string): Promise<ClusterInfo> {
    const running = [...this.#loops.all()].map((loop) => loop.sid);
    return {
      nodes: [
        {
          id: this.#ports.membership.incarnation,
          url: this.#options.url?.() ?? null,
          live: this.#state === 'serving',
          draining: this.#state === 'draining',
          startedAt: this.#startedAt,
          load: running.length,
          running: sid === undefined ? running : running.filter((one) => one === sid),
        },
      ],
      takeovers: [],
    };
  }

  async #send(sid: string, userId: string, settings: Settings | null, data: unknown): Promise<Sent> {
    this.#mustServe();
    const { action, actionId } = parseClientAction(data);
    const acts = action.action !== 'change_agent_state' || wantsToRun(action.args.agent_state);
    // A loop that runs has its settings; one that this starts gets those of whoever starts it.
    const sealed =
      acts && settings !== null && !this.#loops.has(sid) ? this.#settings.seal(sid, settings) : null;
    if (sealed !== null) this.#settings.use(sid, settings);
    const result = await this.streams.append({
      sid,
      events: [{ ...action, source: 'user' }],
      at: this.#ports.clock.now(),
      writer: writerOf.user(userId),
      key: actionId ?? this.#ports.clock.id(),
      ...(acts ? this.#wish(sealed) : {}),
    });
    const { events, desired } = this.#appended(result, 'action_id');
    const [event] = events;
    if (event === undefined) throw new ConveneError('internal', 'An action was stored without an event.');
    // A pause or a stop is acknowledged when a loop of this node has heard it: from then on nothing starts.
    if (!acts) await this.streams.reached(sid, event.id);
    if (acts && desired === 'waiting') this.#background.run('place', () => this.#makeRoom(sid, userId));
    else if (desired === 'running') this.#ensureSoon(sid);
    return { id: event.id, waiting: desired === 'waiting' };
  }

  /** What an append asks for that wants the conversation to run. */
  #wish(sealed: string | null): Pick<AppendRequest, 'set' | 'limit'> {
    const limit = this.#options.maxConversationsPerUser;
    return {
      set: { desired: 'running', due: true, ...(sealed === null ? {} : { settings: sealed }) },
      ...(limit === null ? {} : { limit }),
    };
  }

  #appended(result: AppendResult, what: string): AppendResult & { outcome: 'appended' } {
    switch (result.outcome) {
      case 'appended':
        return result;
      case 'missing':
        throw new ConveneError('conversation_not_found');
      case 'conflict':
        throw new ConveneError('action_id_conflict', undefined, { details: { field: what } });
      case 'behind':
      case 'fenced':
      case 'running':
        throw new Error(`a user's append was answered with ${result.outcome}`);
    }
  }

  #append(
    sid: string,
    request: Pick<AppendRequest, 'events' | 'set' | 'key' | 'behind' | 'limit'>,
  ): Promise<AppendResult> {
    return this.streams.append({ ...request, sid, at: this.#ports.clock.now(), writer: writerOf.system });
  }

  #createLoop(conversation: ConversationRecord): AgentLoop {
    const { sid } = conversation;
    const { agents, defaults, onError } = this.#options;
    const settings = this.#settings.open(conversation);
    this.#settings.use(sid, settings);
    const agent = agents.create({ sid, settings });
    return new AgentLoop({
      conversation,
      agent,
      limits: {
        maxIterations: settings?.max_iterations ?? defaults.maxIterations,
        maxBudget: defaults.maxBudget,
        confirmationMode: settings?.confirmation_mode ?? defaults.confirmationMode,
        reactive: agent.reactive ?? false,
      },
      streams: this.streams,
      membership: this.#ports.membership,
      clock: this.#ports.clock,
      openRuntime: () => this.#ports.runtimes.open(sid),
      ...(this.#options.snapshotEvery === undefined ? {} : { snapshotEvery: this.#options.snapshotEvery }),
      onError,
    });
  }

  /**
   * Resolves when a user who acted after the close at `closedAt` keeps the loop from ending, and it has said that it
   * has stopped (or `isTold`).
   */
  async #resumption(
    sid: string,
    closedAt: number,
    isTold: boolean,
  ): Promise<{ readonly promise: Promise<void>; forget(): void }> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let hasStopped = isTold;
    let isWished = false;
    const reader = await this.streams.follow(sid, closedAt, {
      deliver(event) {
        if (isObservation(event)) {
          hasStopped ||=
            event.observation === 'agent_state_changed' && event.extras.agent_state === 'stopped';
        } else {
          isWished ||= isWish(event);
        }
        if (hasStopped && isWished) resolve();
        return true;
      },
      closed: () => resolve(),
    });
    return { promise, forget: () => reader.close() };
  }

  async #openHandle(sid: string): Promise<Conversation | null> {
    const record = await this.#ports.store.conversation(sid);
    if (record === null) return null;
    const runtime = await this.#ports.runtimes.open(sid);
    return { sid, userId: record.userId, eventStream: this.streams.stream(sid), runtime };
  }

  #runningLoops(userId?: string, filterToSids?: ReadonlySet<string>): AgentLoop[] {
    const found = (sids: Iterable<string>): AgentLoop[] =>
      [...sids].flatMap((sid) => {
        const loop = this.#loops.get(sid);
        return loop === undefined || (userId !== undefined && loop.userId !== userId) ? [] : [loop];
      });
    if (filterToSids !== undefined) return found(filterToSids);
    return userId === undefined ? [...this.#loops.all()] : found(this.#loops.sidsOf(userId));
  }

  /** Sees to it, behind the caller, that the loop runs. What fails here is picked up by `#reconcile`. */
  #ensureSoon(sid: string): void {
    if (this.#state === 'serving' && !this.#loops.has(sid)) {
      this.#background.run(`start of ${sid}`, () => this.#loops.ensure(sid));
    }
  }

  #loopEnded(loop: AgentLoop, end: LoopEnd): void {
    if (this.#state !== 'serving') return;
    this.#background.run(`end of ${loop.sid}`, async () => {
      // A user may have acted while it ended.
      if (end === 'closed') {
        const record = await this.#ports.store.conversation(loop.sid);
        if (record?.desired === 'running') await this.#loops.ensure(loop.sid);
        await this.#fillPlaces(loop.userId);
      }
    });
  }

  /** Over the limit: closes the least recently active conversation that rests unseen, or tells the user to wait. */
  async #makeRoom(sid: string, userId: string): Promise<void> {
    for (const candidate of await this.#ports.store.running(userId, 100)) {
      if (candidate.sid !== sid && (await this.#closeIdle(candidate))) break;
    }
    if (await this.#startWaiting(sid)) return;
    this.streams.publishFrame(sid, {
      type: 'status',
      level: 'info',
      id: 'AGENT_ERROR$TOO_MANY_CONVERSATIONS',
      message: 'Too many conversations are running. This one goes on when another one has ended.',
    });
  }

  /** Closes a conversation only where it rests, nobody is known to watch and nothing happens meanwhile. */
  async #closeIdle(record: ConversationRecord): Promise<boolean> {
    const { sid } = record;
    if ((await this.#ports.presence.viewers(sid)) !== 0) return false;
    if (record.due || !isResting(record.agentState)) return false;
    const loop = await this.#loops.ensure(sid);
    return loop?.closeIfIdle() ?? false;
  }

  /** Places may have become free: conversations of this user that wait for one get it, oldest first. */
  async #fillPlaces(userId: string): Promise<void> {
    for (const { sid } of await this.#ports.store.waiting(userId, WAITING_AT_ONCE)) {
      if (this.#state !== 'serving' || !(await this.#startWaiting(sid))) return;
    }
  }

  /** Turns a conversation running that waits for a place. Answers false where there is none. */
  async #startWaiting(sid: string): Promise<boolean> {
    const record = await this.#ports.store.conversation(sid);
    if (record?.desired !== 'waiting') return true; // it does not wait any more
    // What makes it run is the user's event that is stored already; `behind` keeps a close from being overtaken.
    const result = await this.#append(sid, { events: [], behind: record.head, ...this.#wish(null) });
    if (result.outcome === 'behind') return this.#startWaiting(sid);
    if (result.outcome !== 'appended') return true; // it is gone
    if (result.desired !== 'running') return false;
    await this.#loops.ensure(sid);
    return true;
  }

  /** Starts what should run, has something to do and is owned by nobody who lives, or waits for a place that is free. */
  async #reconcile(): Promise<void> {
    await Promise.allSettled(this.#loops.failed.map((sid) => this.#loops.ensure(sid)));
    await this.#startDue();
    for (let after: string | null = null; this.#state === 'serving'; ) {
      const users: string[] = await this.#ports.store.waitingUsers(after, WAITING_AT_ONCE);
      for (const userId of users) await this.#fillPlaces(userId);
      after = users.at(-1) ?? null;
      if (after === null) return;
    }
  }

  async #startDue(): Promise<void> {
    const seen = new Set<string>();
    for (;;) {
      const living = this.#ports.membership.living();
      const due = await this.#ports.store.due({ living, limit: OPEN_AT_ONCE });
      const fresh = due.filter((record) => !seen.has(record.sid));
      if (fresh.length === 0 || this.#state !== 'serving') return;
      const results = await Promise.allSettled(fresh.map((record) => this.#loops.ensure(record.sid)));
      for (const [index, result] of results.entries()) {
        const sid = fresh[index]?.sid ?? '';
        seen.add(sid);
        if (result.status === 'rejected') this.#options.onError(result.reason, `start of ${sid}`);
      }
    }
  }

  #scheduleReconcile(): void {
    this.#cancelReconcile = this.#ports.clock.after(this.#options.reconcileMs ?? 5_000, () => {
      this.#background.run('reconcile', async () => {
        try {
          if (this.#state === 'serving') await this.#reconcile();
        } finally {
          if (this.#state === 'serving') this.#scheduleReconcile();
        }
      });
    });
  }

  #scheduleSweep(): void {
    const { closeDelayMs } = this.#options;
    if (closeDelayMs === 0) return;
    this.#cancelSweep = this.#ports.clock.after(Math.max(closeDelayMs / 4, 50), () => {
      this.#background.run('idle conversations', async () => {
        try {
          await this.#sweep(this.#ports.clock.monotonic() - closeDelayMs);
        } finally {
          if (this.#state === 'serving') this.#scheduleSweep();
        }
      });
    });
  }

  /** Closes the loops that have rested unseen since before `limit` (on the monotonic clock). */
  async #sweep(limit: number): Promise<void> {
    for (const loop of [...this.#loops.all()]) {
      if (this.#state !== 'serving') return;
      if (loop.idleSince === null || loop.idleSince > limit) continue;
      if ((await this.#ports.presence.viewers(loop.sid)) === 0) await loop.closeIfIdle();
    }
  }

  #mustServe(): void {
    if (this.#state !== 'serving') throw new ConveneError('draining');
  }

  async #dispose(): Promise<void> {
    const started = this.#state === 'serving';
    this.#state = 'draining';
    this.#cancelReconcile?.();
    this.#cancelSweep?.();
    if (started) {
      await this.#loops.drain();
      await Promise.all([...this.#loops.all()].map((loop) => loop.stop(this.#options.drainGraceMs)));
    }
    await this.#background.settled();
    for (const remove of [...this.#callbacks]) remove();
    await this.#attachments[Symbol.asyncDispose]();
    await this.streams[Symbol.asyncDispose]();
    await this.#ports.presence[Symbol.asyncDispose]();
    await this.#ports.bus[Symbol.asyncDispose]();
    await this.#ports.membership[Symbol.asyncDispose]();
    for (const owned of this.#options.owned ?? []) await owned[Symbol.asyncDispose]();
    this.#connections.clear();
    this.#state = 'disposed';
  }
}

/** Whether a user, or whoever starts it, wants the conversation to run by this. */
function isWish(event: StoredEvent): boolean {
  if (!isAction(event) || event.source === 'agent') return false;
  return (
    event.action !== 'change_agent_state' ||
    wantsToRun(event.args.agent_state) ||
    event.args.agent_state === 'loading'
  );
}

function messageOf(message: InitialMessage): NewEvent {
  return {
    action: 'message',
    args: { content: message.content, image_urls: message.imageUrls ?? [], wait_for_response: false },
    source: 'user',
  };
}
