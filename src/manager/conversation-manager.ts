/**
 * The contract: `ConversationManager`, as OpenHands published it, and what later systems of its kind offer on
 * top. Both modes implement it; `test/conformance/conversation-manager.ts` runs against both.
 */
import type { Frame } from '../cluster/bus.ts';
import type { Config } from '../config/index.ts';
import type { AgentState } from '../events/agent-state.ts';
import type { StoredEvent } from '../events/event.ts';
import type { ConversationRecord, ListPage, ListQuery } from '../store/event-store.ts';
import type { FileStore } from '../store/file-store.ts';
import type { Settings } from '../store/settings.ts';
import type { EventStream } from '../stream/event-stream.ts';
import type { Conversation } from './conversation.ts';
import type { ConversationQuery } from './conversation-search.ts';

/** The first message of a conversation, or one that turns it running. */
export interface InitialMessage {
  readonly content: string;
  readonly imageUrls?: readonly string[];
  /** Makes a retry safe: the same id stores the message once. */
  readonly actionId?: string;
}

export interface StartOptions {
  readonly title?: string;
  readonly selectedRepository?: string;
  readonly selectedBranch?: string;
  /**
   * A recorded trajectory to play back, as JSON or its text (`agent/replay/trajectory.ts`). Only counts where the
   * conversation is created.
   */
  readonly replay?: unknown;
}

/** What a copy gets. */
export interface CopySettings {
  /** @default the original's, or what the recording begins with */
  readonly title?: string;
  /** For its loop; null: the server's defaults. */
  readonly settings: Settings | null;
}

export interface Sent {
  /** The id of the stored event. */
  readonly id: number;
  /** Whether the conversation waits for a place under its user's limit. */
  readonly waiting: boolean;
}

export interface AgentLoopInfo {
  readonly sid: string;
  readonly userId: string;
  /** The node whose loop it is. */
  readonly node: string;
  readonly agentState: AgentState;
  readonly agent: string;
  readonly epoch: number;
}

/** A message of a one-off request to a language model. */
export interface LlmCompletionMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Called with every event of a conversation that this node sees, in order, from its registration on. */
export type ConversationCallback = (event: StoredEvent, sid: string) => void;

/** What is known of a node: one row of `GET /api/cluster`. */
export interface NodeInfo {
  readonly id: string;
  readonly url: string | null;
  readonly live: boolean;
  readonly draining: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Running loops. */
  readonly load: number;
  readonly running: readonly string[];
}

export interface Takeover {
  readonly sid: string;
  readonly from: string | null;
  readonly to: string;
  readonly cause: string;
  readonly durationMs: number;
  /** ISO 8601. */
  readonly at: string;
}

export interface ClusterInfo {
  readonly nodes: readonly NodeInfo[];
  readonly takeovers: readonly Takeover[];
}

/** As much of a Socket.IO server as a manager needs: to send its clients away when it ends. */
export interface ClientSockets {
  readonly sockets: { readonly sockets: ReadonlyMap<string, { readonly conn: { close(): void } }> };
}

export abstract class ConversationManager implements AsyncDisposable {
  /**
   * The manager that the configuration asks for, not started yet. When it is disposed of, it closes the transports of
   * `io`'s clients, so that they connect again by themselves.
   *
   * @param fileStore Blobs: uploads, exports, settings. The log has a store of its own.
   * @example
   * ```ts
   * await using manager = await ConversationManager.getInstance(io, config, new LocalFileStore('./files'));
   * await manager.start();
   * ```
   */
  static async getInstance(
    io: ClientSockets,
    config: Readonly<Config>,
    fileStore: FileStore,
    onError: (error: unknown, what: string) => void = reportAsWarning,
  ): Promise<ConversationManager> {
    const { createManager } = await import('./create-manager.ts');
    return (await createManager(config, { io, fileStore, onError })).manager;
  }

  /** Acquires everything; picks up what a previous life left to do. */
  abstract start(): Promise<void>;

  /**
   * Releases everything, within the configured grace: loops reach the end of their step or are interrupted, no
   * timer or process is left behind, no accepted event is lost.
   */
  abstract [Symbol.asyncDispose](): Promise<void>;

  /**
   * A handle for request-scoped use, or null where there is no such conversation (or it is another user's). Concurrent
   * calls share one handle; one slow attach never delays another conversation's. Give each back.
   */
  abstract attachToConversation(sid: string, userId?: string): Promise<Conversation | null>;

  /** Gives one reference back. The last one keeps the handle warm for a while. Detaching twice is harmless. */
  abstract detachFromConversation(conversation: Conversation): Promise<void>;

  /**
   * Records the connection and answers with the conversation's log, or null where there is no such conversation (or
   * it is another user's). One that should run and does not is started; a closed one is not revived.
   */
  abstract joinConversation(
    sid: string,
    connectionId: string,
    settings: Settings | null,
    userId?: string,
  ): Promise<EventStream | null>;

  /** Whether a loop runs, on any node. */
  abstract isAgentLoopRunning(sid: string): Promise<boolean>;

  /** The conversations whose loops run, on any node. The cost follows the size of the answer. */
  abstract getRunningAgentLoops(userId?: string, filterToSids?: ReadonlySet<string>): Promise<Set<string>>;

  /** Connection ids and the conversations that they joined, on any living node. */
  abstract getConnections(userId?: string, filterToSids?: ReadonlySet<string>): Promise<Map<string, string>>;

  /**
   * Creates the conversation where it does not exist and turns it running. Any number of concurrent calls start
   * exactly one loop. The message is appended in the very commit that creates the conversation or turns it running; a
   * caller that finds it running appends none. Throws `conversation_not_found` for another user's or a deleted one;
   * `invalid_request` or `payload_too_large` for a trajectory that can't be played back.
   */
  abstract maybeStartAgentLoop(
    sid: string,
    settings: Settings | null,
    userId?: string,
    initialUserMessage?: InitialMessage,
    options?: StartOptions,
  ): Promise<EventStream>;

  /**
   * Validates what a joined connection sends, appends it durably and answers with its id. Throws
   * `not_connected`, `invalid_request`, `action_unknown`, `action_id_conflict`, `conversation_not_found`,
   * `store_unavailable`, `outcome_unknown`.
   */
  abstract sendToEventStream(connectionId: string, data: unknown): Promise<Sent>;

  /** The same, without a connection. */
  abstract sendEventToConversation(sid: string, data: unknown, userId?: string): Promise<Sent>;

  /** Forgets the connection; harmless for an unknown one. The loop keeps running. */
  abstract disconnectFromSession(connectionId: string): Promise<void>;

  /**
   * Stops the loop wherever it runs and says so to every viewer. The conversation stays stopped until a user acts or
   * `maybeStartAgentLoop` is called. Resolves when it has stopped.
   */
  abstract closeSession(sid: string): Promise<void>;

  /** Stops the conversation and removes all of it. Answers whether there was one. Its sid is never used again. */
  abstract deleteConversation(sid: string, userId?: string): Promise<boolean>;

  abstract getAgentLoopInfo(userId?: string, filterToSids?: ReadonlySet<string>): Promise<AgentLoopInfo[]>;

  /** The conversation without its events; null where there is none (or it is another user's). */
  abstract getConversation(sid: string, userId?: string): Promise<ConversationRecord | null>;

  /** Newest first, in keyset pages. */
  abstract listConversations(query: ListQuery): Promise<ListPage>;

  /**
   * Conversations whose title, or one of whose events, has all words of `text`: newest first, in keyset pages. Within a
   * bounded time: a page may have fewer than `limit`, or none, although there are more.
   */
  abstract searchConversations(query: ConversationQuery): Promise<ListPage>;

  /**
   * Makes the conversation `newSid` of the events of another one, up to and with the id `upTo` (default: all). It is
   * stopped, with a workspace of its own, and nothing is carried out again. Where it exists already, nothing happens.
   * Throws `conversation_not_found`.
   */
  abstract forkConversation(
    sid: string,
    newSid: string,
    options: CopySettings & { readonly upTo?: number },
    userId?: string,
  ): Promise<void>;

  /** The same of a recorded trajectory. Throws `invalid_request`, which names the `index` of a bad event. */
  abstract importConversation(
    newSid: string,
    trajectory: readonly unknown[],
    options: CopySettings,
    userId?: string,
  ): Promise<void>;

  abstract renameConversation(sid: string, title: string, userId?: string): Promise<boolean>;

  /**
   * Asks the language model that the conversation was started with (or the configured one) once, beside the agent: the
   * log and the loop know nothing of it. Answers with the model's text. What may pass is tried again as for an agent.
   * Throws `conversation_not_found`, `settings_not_found` where there is no model, `llm_failed` with `reason`, and the
   * signal's reason.
   *
   * @example
   * ```ts
   * const summary = await manager.requestLlmCompletion(sid, [{ role: 'user', content: 'Sum this up: …' }]);
   * ```
   */
  abstract requestLlmCompletion(
    sid: string,
    messages: readonly LlmCompletionMessage[],
    userId?: string,
    signal?: AbortSignal,
  ): Promise<string>;

  /**
   * Asks the model that these settings mean for a word, to see whether it answers. Throws `settings_not_found` where
   * there is no model, `llm_failed` with `reason`, and the signal's reason.
   */
  abstract tryLlm(settings: Settings | null, signal?: AbortSignal): Promise<void>;

  /** Calls back with every event of the conversation from now on, until the answer is called. */
  abstract addCallback(sid: string, callback: ConversationCallback): Promise<() => void>;

  /** Calls back with every ephemeral frame of the conversation (status, streamed text), until the answer is called. */
  abstract watchFrames(sid: string, callback: (frame: Frame) => void): () => void;

  /** The nodes and the last takeovers; of one conversation only where `sid` is given. */
  abstract clusterInfo(sid?: string): Promise<ClusterInfo>;

  /** Whether it accepts work: started, its store answers, not draining. */
  abstract isReady(): Promise<boolean>;
}

function reportAsWarning(error: unknown, what: string): void {
  process.emitWarning(
    `${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    'Convene',
  );
}
