/** What a manager is made of: the ports that a mode chooses, and what is configured. */
import type { AgentRegistry } from '../agent/agent-registry.ts';
import type { LlmProvider } from '../agent/llm/llm-provider.ts';
import type { Clock } from '../clock.ts';
import type { Bus } from '../cluster/bus.ts';
import type { Membership } from '../cluster/membership.ts';
import type { Presence } from '../cluster/presence.ts';
import type { Takeovers } from '../cluster/takeovers.ts';
import type { HeldWorkspaces } from '../runtime/held-workspaces.ts';
import type { Repositories } from '../runtime/repositories.ts';
import type { RuntimeProvider } from '../runtime/runtime.ts';
import type { EventStore } from '../store/event-store.ts';
import type { FileStore } from '../store/file-store.ts';
import type { Settings } from '../store/settings.ts';

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
  /** For titles and `requestLlmCompletion`. @default none: then titles come from first messages alone */
  readonly llms?: LlmProvider;
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
  /** Clones what conversations work on. @default none: what is selected is only remembered */
  readonly repositories?: Repositories;
  /** Which workspaces this node has, where other nodes don't share them. @default they do, or there are none */
  readonly heldWorkspaces?: HeldWorkspaces;
  /**
   * What a user has stored now: a clone takes the token from there, so that one which was set after a failure counts at
   * the next attempt. @default the settings that the conversation was last started with
   */
  readonly currentSettings?: (userId: string) => Promise<Settings | null>;
  /** Who took over what. @default nobody ever does */
  readonly takeovers?: Takeovers;
  /** Keeps the trajectories that are played back. @default in memory */
  readonly fileStore?: FileStore;
  /** Secrets of the server that must not reach a log either. */
  readonly serverSecrets?: readonly string[];
  /** Where this node answers HTTP, for `clusterInfo`. */
  readonly url?: () => string | null;
  readonly onError: (error: unknown, what: string) => void;
  /** Released last, in this order, when the manager is disposed of: what was made for it alone. */
  readonly owned?: readonly AsyncDisposable[];
}
