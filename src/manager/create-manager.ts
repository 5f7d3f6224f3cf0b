/**
 * Builds the manager that the configuration asks for: the one place where the mode, and with it every adapter, is
 * chosen.
 */
import { AgentRegistry } from '../agent/agent-registry.ts';
import { LlmProvider } from '../agent/llm/llm-provider.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Config } from '../config/index.ts';
import { ReleaseStack } from '../release-stack.ts';
import { LocalHeldWorkspaces } from '../runtime/local/local-held-workspaces.ts';
import { LocalRuntimeProvider } from '../runtime/local/local-runtime.ts';
import type { Workspace } from '../runtime/workspace.ts';
import { dataFolder } from '../store/data-folder.ts';
import { lockDataDir } from '../store/data-lock.ts';
import type { ConversationRecord, EventStore } from '../store/event-store.ts';
import { FileSettingsStore } from '../store/file-settings-store.ts';
import type { FileStore } from '../store/file-store.ts';
import { LocalFileStore } from '../store/local-file-store.ts';
import { secretKey } from '../store/secret-key.ts';
import type { SettingsStore } from '../store/settings-store.ts';
import { SqliteEventStore } from '../store/sqlite/sqlite-event-store.ts';
import { ClusteredConversationManager } from './clustered-manager.ts';
import type { ClientSockets, ConversationManager } from './conversation-manager.ts';
import { StandaloneConversationManager, type StandaloneOptions } from './standalone-manager.ts';
import { type WorkspacePlace, WorkspacePlaces } from './workspace-places.ts';

export interface CreateManagerOptions {
  /** Its clients are sent away when the manager is disposed of. */
  readonly io?: ClientSockets;
  /** The data folder's lock (`lockDataDir`), where the caller has it already; the manager releases it. */
  readonly lock?: Disposable;
  /** @default a folder `files` in the data folder */
  readonly fileStore?: FileStore;
  /** @default the system's */
  readonly clock?: Clock;
  /** @default those that come with Convene, the configured one first */
  readonly agents?: AgentRegistry;
  /** Where this node answers HTTP, once it does. */
  readonly url?: () => string | null;
  /** Told of failures that nobody waits for. */
  readonly onError: (error: unknown, what: string) => void;
  /** Told what an operator should know and can live with. @default a warning of the process */
  readonly onWarning?: (message: string, what: string) => void;
}

/** What was built. Disposing of the manager releases all of it. */
export interface ManagerParts {
  /** Not started yet. */
  readonly manager: ConversationManager;
  readonly agents: AgentRegistry;
  readonly settings: SettingsStore;
  readonly fileStore: FileStore;
  /** The server's secret key, 32 bytes. */
  readonly secretKey: Uint8Array;
  /** The files of a conversation. */
  readonly workspace: (sid: string) => Workspace;
  /** Where that is; absent where it is here, or on a folder that all nodes share. */
  readonly workspacePlace?: (conversation: ConversationRecord) => Promise<WorkspacePlace>;
}

/** Throws `already_running`, `invalid_config`, `store_incompatible`, `store_unavailable`. */
export async function createManager(
  config: Readonly<Config>,
  options: CreateManagerOptions,
): Promise<ManagerParts> {
  if (config.databaseUrl === null && config.redisUrl === null) return createStandalone(config, options);
  // What a cluster needs is loaded only by those who have one.
  const { openCluster } = await import('./open-cluster.ts');
  await using opened = new ReleaseStack();
  const { key, ports, takeovers, fileStore, sharesWorkspaces } = await openCluster(config, options, opened);
  const parts = { key, store: ports.store, fileStore, opened };
  if (sharesWorkspaces)
    return assemble(
      config,
      options,
      parts,
      (rest) => new ClusteredConversationManager({ ...rest, ...ports, takeovers }),
    );
  const held = new LocalHeldWorkspaces(config.workspaceDir);
  const places = new WorkspacePlaces({ ...ports, held, clock: options.clock ?? systemClock });
  const assembled = assemble(config, options, parts, (rest) => {
    return new ClusteredConversationManager({ ...rest, ...ports, takeovers, heldWorkspaces: held });
  });
  return { ...assembled, workspacePlace: (conversation) => places.of(conversation) };
}

async function createStandalone(
  config: Readonly<Config>,
  options: CreateManagerOptions,
): Promise<ManagerParts> {
  const { onError } = options;
  // Released in the opposite order of what follows, also where something here fails.
  await using opened = new ReleaseStack();
  opened.use(options.lock ?? (await lockDataDir(config.dataDir)));
  const store = opened.use(
    new SqliteEventStore({
      file: dataFolder(config.dataDir).log,
      onWarning: (error) => onError(error, 'event store'),
    }),
  );
  const fileStore = options.fileStore ?? new LocalFileStore(dataFolder(config.dataDir).files);
  const [key] = await Promise.all([secretKey(config.dataDir, config.secretKey ?? undefined), store.open()]);
  return assemble(config, options, { key, store, fileStore, opened }, (rest) => {
    return new StandaloneConversationManager(rest);
  });
}

interface Opened {
  /** The server's secret key, 32 bytes. */
  readonly key: Uint8Array;
  /** Open. */
  readonly store: EventStore;
  readonly fileStore: FileStore;
  /** What releases all of it; the manager has it from here on. */
  readonly opened: ReleaseStack;
}

/** What both modes are made of, and the manager that `make` makes of it. */
function assemble(
  config: Readonly<Config>,
  options: CreateManagerOptions,
  { fileStore, key, opened, store }: Opened,
  make: (rest: StandaloneOptions) => ConversationManager,
): ManagerParts {
  const { onError, clock = systemClock } = options;
  const runtimes = opened.use(
    new LocalRuntimeProvider({
      folder: config.workspaceDir,
      clock,
      commandTimeoutMs: config.commandTimeoutMs,
      maxOutputBytes: config.maxOutputBytes,
    }),
  );
  const llms = new LlmProvider({
    model: config.llmModel,
    apiKey: config.llmApiKey,
    baseUrl: config.llmBaseUrl,
    timeoutMs: config.llmTimeoutMs,
    retries: config.llmRetries,
    retryDelayMs: config.llmRetryDelayMs,
    clock,
  });
  const agents = options.agents ?? new AgentRegistry(config.defaultAgent ?? undefined, [], llms);
  const settings = new FileSettingsStore(fileStore, key);
  const manager = make({
    store,
    runtimes,
    clock,
    agents,
    llms,
    sealingKey: key,
    fileStore,
    repositories: runtimes.repositories(config),
    currentSettings: (userId) => settings.load(userId),
    defaults: {
      maxIterations: config.maxIterations,
      maxBudget: config.maxBudget,
      confirmationMode: config.confirmationMode,
    },
    maxConversationsPerUser: config.maxConversationsPerUser,
    closeDelayMs: config.closeDelayMs,
    drainGraceMs: config.drainGraceMs,
    serverSecrets: [config.llmApiKey, config.secretKey].filter((secret) => secret !== null),
    ...(options.url === undefined ? {} : { url: options.url }),
    onError,
    owned: [...(options.io === undefined ? [] : [goodbye(options.io)]), opened.move()],
  });
  return { manager, agents, settings, fileStore, secretKey: key, workspace: (sid) => runtimes.files(sid) };
}

/** Closes transports only: a client reconnects by itself after that, but not after a DISCONNECT packet. */
function goodbye(io: ClientSockets): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of [...io.sockets.sockets.values()]) socket.conn.close();
    },
  };
}
