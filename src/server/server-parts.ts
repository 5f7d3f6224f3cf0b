/** What the server needs of the rest of the house. */

import type { Clock } from '../clock.ts';
import type { Config } from '../config/index.ts';
import type { ConversationManager } from '../manager/conversation-manager.ts';
import type { WorkspacePlace } from '../manager/workspace-places.ts';
import type { Workspace } from '../runtime/workspace.ts';
import type { ConversationRecord } from '../store/event-store.ts';
import type { FileStore } from '../store/file-store.ts';
import type { Settings } from '../store/settings.ts';
import type { SettingsStore } from '../store/settings-store.ts';
import type { Logger } from './logger.ts';

export interface ServerParts {
  readonly config: Readonly<Config>;
  /** Started by the caller; disposed of by the server's `close`. */
  readonly manager: ConversationManager;
  readonly settings: SettingsStore;
  /** Names of the agents that settings may choose. */
  readonly agents: readonly string[];
  /** Whether the chosen agent needs an LLM that neither these settings nor the configuration give. */
  readonly lacksLlm: (settings: Settings | null) => boolean;
  /** The server's secret key: what `Idempotency-Key` becomes depends on it. */
  readonly secretKey: Uint8Array;
  /** The files of a conversation; whether there is one, the caller knows. */
  readonly workspace: (sid: string) => Workspace;
  /** Where that workspace is. @default here: there is one server, or all share their workspaces */
  readonly workspacePlace?: (conversation: ConversationRecord) => Promise<WorkspacePlace>;
  /** Where feedback is kept. */
  readonly fileStore: FileStore;
  /** Folder of the web app. @default none: `/` says that the server runs */
  readonly webApp?: string | null;
  readonly clock: Clock;
  readonly logger: Logger;
}
