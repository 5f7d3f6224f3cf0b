/**
 * What a program that embeds Convene imports: the manager and what it is built from, agents, events, errors, and the
 * server around it.
 *
 * @example A conversation in a program of your own
 * ```ts
 * const { config } = loadConfig({ env: process.env, cwd: process.cwd() });
 * const created = await createManager(config, { onError: (error, what) => console.error(what, error) });
 * await using manager = created.manager;
 * await manager.start();
 *
 * const stream = await manager.maybeStartAgentLoop(systemClock.id(), null, '', { content: '$ ls' });
 * await stream.follow(-1, {
 *   deliver(event) {
 *     console.log(event.id, event.source, event.message);
 *     return true;
 *   },
 * });
 * ```
 */
export { finish, type RunOptions, runCommand, say } from './agent/actions.ts';
export type { Agent, AgentAction, StepContext } from './agent/agent.ts';
export { type AgentContext, type AgentEntry, AgentRegistry } from './agent/agent-registry.ts';
export { codeActAgent } from './agent/agents/code-act-agent.ts';
export type {
  Llm,
  LlmAnswer,
  LlmMessage,
  LlmMessageCall,
  LlmRequest,
  LlmTool,
  LlmToolCall,
  ProviderMetadata,
} from './agent/llm/llm.ts';
export { LlmFailure, type LlmFailureKind } from './agent/llm/llm-failure.ts';
export { LlmProvider, type LlmProviderOptions } from './agent/llm/llm-provider.ts';
export { StepError, type StepErrorOptions } from './agent/step-failure.ts';

export { type Cancel, type Clock, systemClock } from './clock.ts';
export type { Frame } from './cluster/bus.ts';
export {
  type Config,
  type ConfigFlags,
  type ConfigKey,
  type ConfigSources,
  type LoadedConfig,
  type LogLevel,
  loadConfig,
} from './config/index.ts';
export { ConveneError, type ErrorCode, errorTable, isError } from './errors.ts';

export type { Action, ActionKind, ActionOf, RunnableAction } from './events/actions.ts';
export { type AgentState, agentStates } from './events/agent-state.ts';
export {
  type EventBody,
  isAction,
  isObservation,
  kindOf,
  type NewEvent,
  type Source,
  type StoredEvent,
} from './events/event.ts';
export { isKnownAction, isKnownObservation } from './events/kinds.ts';
export {
  errorObservation,
  type Observation,
  type ObservationKind,
  type ObservationOf,
  type RunResult,
  runObservation,
} from './events/observations.ts';

export type { Conversation } from './manager/conversation.ts';
export {
  type AgentLoopInfo,
  type ClientSockets,
  type ClusterInfo,
  type ConversationCallback,
  ConversationManager,
  type InitialMessage,
  type LlmCompletionMessage,
  type NodeInfo,
  type Sent,
  type StartOptions,
  type Takeover,
} from './manager/conversation-manager.ts';
export { type CreateManagerOptions, createManager, type ManagerParts } from './manager/create-manager.ts';
export type { ManagerOptions } from './manager/manager-options.ts';
export { StandaloneConversationManager, type StandaloneOptions } from './manager/standalone-manager.ts';

export { type LocalRuntimeOptions, LocalRuntimeProvider } from './runtime/local/local-runtime.ts';
export {
  type ClonedRepository,
  CloneError,
  type CloneFailure,
  type CloneOptions,
  type Repositories,
  type RepositorySelection,
} from './runtime/repositories.ts';
export type { ExecuteOptions, Runtime, RuntimeProvider } from './runtime/runtime.ts';

export { FrontDoor } from './server/front-door.ts';
export { KnownSecrets } from './server/known-secrets.ts';
export { createLogger, type Logger, type LoggerOptions } from './server/logger.ts';
export { type ConveneServer, createServer, type ServerOptions } from './server/server.ts';
export { createIo } from './server/socket/io.ts';

export type {
  ConversationRecord,
  Desired,
  EventPage,
  EventQuery,
  EventStore,
  ListPage,
  ListQuery,
} from './store/event-store.ts';
export { FileSettingsStore } from './store/file-settings-store.ts';
export type { FileStore } from './store/file-store.ts';
export { LocalFileStore } from './store/local-file-store.ts';
export { MemoryEventStore } from './store/memory-event-store.ts';
export { secretKey } from './store/secret-key.ts';
export type { Settings } from './store/settings.ts';
export type { SettingsStore } from './store/settings-store.ts';
export { SqliteEventStore, type SqliteEventStoreOptions } from './store/sqlite/sqlite-event-store.ts';

export type { EventStream, Subscriber } from './stream/event-stream.ts';
export type { FeedReader, FeedSink } from './stream/feed.ts';
