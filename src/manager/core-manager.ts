/**
 * The manager's one algorithm, against ports: both modes are this class with other adapters.
 *
 *   new ──start()──▶ serving ──dispose──▶ draining (nothing new starts, loops end) ──▶ disposed
 *
 * This class answers questions, and owns the parts that do the rest: `UserActs` (what users send), `Closing`, `Places`
 * (the limit of running conversations), `IdleConversations`, and `Reconciler`, which sees to it that what should run
 * does.
 */
import type { Frame, Note } from '../cluster/bus.ts';
import { noTakeovers } from '../cluster/takeovers.ts';
import { ConveneError } from '../errors.ts';
import type { ConversationRecord, ListPage, ListQuery } from '../store/event-store.ts';
import { MemoryFileStore } from '../store/memory-file-store.ts';
import type { Settings } from '../store/settings.ts';
import type { EventStream } from '../stream/event-stream.ts';
import { conversationIsGone, EventStreams } from '../stream/event-streams.ts';
import { Attachments } from './attachments.ts';
import { Background } from './background.ts';
import { Closing } from './closing.ts';
import { Completions } from './completions.ts';
import { Connections } from './connections.ts';
import type { Conversation } from './conversation.ts';
import {
  type AgentLoopInfo,
  type ClusterInfo,
  type ConversationCallback,
  ConversationManager,
  type CopySettings,
  type InitialMessage,
  type LlmCompletionMessage,
  type Sent,
  type StartOptions,
} from './conversation-manager.ts';
import { type ConversationQuery, searchConversations } from './conversation-search.ts';
import { ConversationSettings } from './conversation-settings.ts';
import { Copies } from './copies.ts';
import { IdleConversations } from './idle-conversations.ts';
import { LoopFactory } from './loop-factory.ts';
import { Loops } from './loops.ts';
import type { ManagerOptions, ManagerPorts } from './manager-options.ts';
import { Places } from './places.ts';
import { Reconciler } from './reconciler.ts';
import { Replays } from './replays.ts';
import { RunningLoops } from './running-loops.ts';
import { TakeoverRecorder } from './takeover-recorder.ts';
import { defaultTitle, Titles } from './titles.ts';
import { UserActs } from './user-acts.ts';

export class CoreConversationManager extends ConversationManager {
  readonly streams: EventStreams;
  readonly #ports: ManagerPorts;
  readonly #options: ManagerOptions;
  readonly #settings: ConversationSettings;
  readonly #loops: Loops;
  readonly #attachments: Attachments;
  readonly #background: Background;
  readonly #connections: Connections;
  readonly #userActs: UserActs;
  readonly #completions: Completions;
  readonly #copies: Copies;
  readonly #titles: Titles;
  readonly #closing: Closing;
  readonly #places: Places;
  readonly #idle: IdleConversations;
  readonly #reconciler: Reconciler;
  readonly #replays: Replays;
  readonly #running: RunningLoops;
  readonly #takeovers: TakeoverRecorder;
  readonly #callbacks = new Set<() => void>();
  #state: 'new' | 'serving' | 'draining' | 'disposed' = 'new';
  #starting: Promise<void> | null = null;
  #disposing: Promise<void> | null = null;
  #unlisten: () => void = () => {};

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
    this.#replays = new Replays(options.fileStore ?? new MemoryFileStore());
    const { takeovers = noTakeovers } = options;
    this.#takeovers = new TakeoverRecorder({ ...ports, takeovers });
    const factory = new LoopFactory({
      ...ports,
      ...options,
      settings: this.#settings,
      streams: this.streams,
      replays: this.#replays,
    });
    this.#loops = new Loops({
      store: ports.store,
      membership: ports.membership,
      create: (conversation) => factory.create(conversation),
      onClaim: (sid, dead) => this.#takeovers.claimed(sid, dead),
      onEnd: (loop, end) => this.#reconciler.loopEnded(loop, end),
    });
    this.#attachments = new Attachments({
      clock: ports.clock,
      open: (sid) => this.#openHandle(sid),
      onError,
    });
    this.#connections = new Connections(ports.presence);
    const parts = {
      ...ports,
      ...options,
      streams: this.streams,
      settings: this.#settings,
      loops: this.#loops,
      background: this.#background,
      replays: this.#replays,
      takeovers,
      isServing: () => this.#state === 'serving',
    };
    this.#running = new RunningLoops(parts);
    this.#closing = new Closing(parts);
    this.#idle = new IdleConversations(parts);
    this.#places = new Places({ ...parts, idle: this.#idle });
    this.#reconciler = new Reconciler({ ...parts, places: this.#places });
    this.#completions = new Completions(parts);
    this.#copies = new Copies(parts);
    this.#titles = new Titles({ ...parts, completions: this.#completions });
    this.#userActs = new UserActs({
      ...parts,
      places: this.#places,
      reconciler: this.#reconciler,
      titles: this.#titles,
    });
  }

  start(): Promise<void> {
    if (this.#disposing !== null) return Promise.reject(new ConveneError('draining'));
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    await this.#ports.membership.start({
      load: () => this.#loops.size,
      lost: () => this.#loops.abandonAll(),
      rejoined: () => {
        this.#background.run('presence', () => this.#ports.presence.renew());
        this.#reconciler.wake();
      },
      died: () => this.#reconciler.wake(),
    });
    this.#unlisten = this.#ports.bus.listenToNotes((note) => this.#heard(note));
    await this.#ports.presence.start();
    if (this.#disposing !== null) throw new ConveneError('draining');
    this.#state = 'serving';
    this.streams.start();
    await this.#reconciler.start();
    this.#idle.start();
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
    await this.#connections.join(connectionId, { sid, userId, settings });
    if (record.desired === 'running') this.#reconciler.startSoon(sid, record.owner);
    return this.streams.stream(sid);
  }

  isAgentLoopRunning(sid: string): Promise<boolean> {
    return this.#running.has(sid);
  }

  getRunningAgentLoops(userId?: string, filterToSids?: ReadonlySet<string>): Promise<Set<string>> {
    return this.#running.sids(userId, filterToSids);
  }

  async getConnections(userId?: string, filterToSids?: ReadonlySet<string>): Promise<Map<string, string>> {
    return this.#connections.everywhere(userId, filterToSids);
  }

  async maybeStartAgentLoop(
    sid: string,
    settings: Settings | null,
    userId = '',
    initialUserMessage?: InitialMessage,
    options: StartOptions = {},
  ): Promise<EventStream> {
    this.#mustServe();
    await this.#userActs.start(sid, settings, userId, initialUserMessage, options);
    return this.streams.stream(sid);
  }

  async sendToEventStream(connectionId: string, data: unknown): Promise<Sent> {
    const joined = this.#connections.get(connectionId);
    if (joined === undefined) throw new ConveneError('not_connected');
    this.#mustServe();
    return this.#userActs.send(joined, data);
  }

  async sendEventToConversation(sid: string, data: unknown, userId = ''): Promise<Sent> {
    if ((await this.getConversation(sid, userId)) === null) throw new ConveneError('conversation_not_found');
    this.#mustServe();
    return this.#userActs.send({ sid, userId, settings: null }, data);
  }

  async disconnectFromSession(connectionId: string): Promise<void> {
    const joined = this.#connections.get(connectionId);
    if (joined === undefined) return;
    this.#loops.get(joined.sid)?.touch();
    await this.#connections.leave(connectionId);
  }

  closeSession(sid: string): Promise<void> {
    return this.#closing.close(sid);
  }

  async deleteConversation(sid: string, userId = ''): Promise<boolean> {
    const record = await this.getConversation(sid, userId);
    if (record === null) return false;
    const removed = await this.#ports.store.remove(sid);
    const loop = this.#loops.get(sid);
    loop?.abandon('deleted');
    await loop?.ended;
    this.#forget(sid);
    this.#ports.bus.publishNote({ type: 'deleted', sid });
    await this.#ports.runtimes.remove(sid);
    await this.#options.repositories?.remove(sid);
    await this.#replays.remove(sid);
    this.#background.run('place', () => this.#places.fill(userId));
    return removed;
  }

  getAgentLoopInfo(userId?: string, filterToSids?: ReadonlySet<string>): Promise<AgentLoopInfo[]> {
    return this.#running.infos(userId, filterToSids);
  }

  async getConversation(sid: string, userId = ''): Promise<ConversationRecord | null> {
    const record = await this.#ports.store.conversation(sid);
    return record === null || record.userId !== userId ? null : record;
  }

  listConversations(query: ListQuery): Promise<ListPage> {
    return this.#ports.store.list(query);
  }

  searchConversations(query: ConversationQuery): Promise<ListPage> {
    return searchConversations(this.#ports, query);
  }

  async forkConversation(
    sid: string,
    newSid: string,
    { settings, title, upTo }: CopySettings & { readonly upTo?: number },
    userId = '',
  ): Promise<void> {
    this.#mustServe();
    const record = await this.getConversation(sid, userId);
    if (record === null) throw new ConveneError('conversation_not_found');
    const last = Math.min(upTo ?? record.head, record.head);
    await this.#copies.fork(record, last, newSid, { settings, userId, title: title ?? record.title });
  }

  async importConversation(
    newSid: string,
    trajectory: readonly unknown[],
    { settings, title = defaultTitle(newSid) }: CopySettings,
    userId = '',
  ): Promise<void> {
    this.#mustServe();
    await this.#copies.take(trajectory, newSid, { settings, userId, title });
  }

  async renameConversation(sid: string, title: string, userId = ''): Promise<boolean> {
    if ((await this.getConversation(sid, userId)) === null) return false;
    const renamed = await this.#ports.store.rename(sid, title);
    if (renamed) this.#titles.tell(sid, title);
    return renamed;
  }

  async requestLlmCompletion(
    sid: string,
    messages: readonly LlmCompletionMessage[],
    userId = '',
    signal?: AbortSignal,
  ): Promise<string> {
    this.#mustServe();
    const record = await this.getConversation(sid, userId);
    if (record === null) throw new ConveneError('conversation_not_found');
    return this.#completions.complete(record, messages, signal);
  }

  tryLlm(settings: Settings | null, signal?: AbortSignal): Promise<void> {
    return this.#completions.tryOut(settings, signal);
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

  clusterInfo(sid?: string): Promise<ClusterInfo> {
    return this.#running.cluster(this.#state, sid);
  }

  #heard(note: Note): void {
    switch (note.type) {
      case 'let-go':
        this.#takeovers.letGo(note.sid, note.from);
        if (note.due) this.#reconciler.takeUp(note.sid, note.to);
        break;
      case 'settings':
        if (note.by !== this.#ports.membership.incarnation) this.#settings.forget(note.sid);
        break;
      case 'deleted':
        this.#background.run('deletion', () => this.#deletedElsewhere(note.sid));
        break;
    }
  }

  async #deletedElsewhere(sid: string): Promise<void> {
    const loop = this.#loops.get(sid);
    loop?.abandon('deleted');
    this.#forget(sid);
    await loop?.ended;
    // Who deleted it has removed what all share.
    if (this.#options.heldWorkspaces !== undefined) await this.#ports.runtimes.remove(sid);
  }

  /** This conversation is gone. */
  #forget(sid: string): void {
    this.streams.forget(sid, conversationIsGone());
    this.#attachments.drop(sid);
    this.#settings.forget(sid);
  }

  async #openHandle(sid: string): Promise<Conversation | null> {
    const record = await this.#ports.store.conversation(sid);
    if (record === null) return null;
    const runtime = await this.#ports.runtimes.open(sid);
    return { sid, userId: record.userId, eventStream: this.streams.stream(sid), runtime };
  }

  #mustServe(): void {
    if (this.#state !== 'serving') throw new ConveneError('draining');
  }

  /** Loops end at the end of their step, or after the grace; each is free for others as soon as it has ended. */
  async #drain(noneStarts: Promise<void>): Promise<void> {
    const { bus, membership } = this.#ports;
    const told = membership.drain().catch((error: unknown) => this.#options.onError(error, 'drain'));
    await noneStarts;
    const from = membership.incarnation;
    await Promise.all(
      [...this.#loops.all()].map(async (loop) => {
        await loop.stop(this.#options.drainGraceMs);
        const to = this.#reconciler.successor(loop.sid);
        bus.publishNote({ type: 'let-go', sid: loop.sid, from, to, due: loop.isDue });
      }),
    );
    await told;
  }

  async #dispose(): Promise<void> {
    this.#state = 'draining';
    const noneStarts = this.#loops.drain();
    // Who started it is told what fails there.
    await this.#starting?.catch(() => {});
    this.#reconciler.stop();
    this.#idle.stop();
    this.#completions.stop();
    await this.#drain(noneStarts);
    this.#unlisten();
    await this.#background.settled();
    for (const remove of [...this.#callbacks]) remove();
    await this.#attachments[Symbol.asyncDispose]();
    await this.streams[Symbol.asyncDispose]();
    await this.#ports.presence[Symbol.asyncDispose]();
    await this.#ports.bus[Symbol.asyncDispose]();
    await this.#ports.membership[Symbol.asyncDispose]();
    for (const owned of this.#options.owned ?? []) await owned[Symbol.asyncDispose]();
    this.#connections.forgetAll();
    this.#state = 'disposed';
  }
}
