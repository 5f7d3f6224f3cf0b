/**
 * `ClusteredConversationManager`: a node of several, on one PostgreSQL and one Redis. Its adapters reach the other nodes;
 * the algorithm is the core's.
 */
import { CoreConversationManager } from './core-manager.ts';
import type { ManagerOptions, ManagerPorts } from './manager-options.ts';

/** What should run is looked for so often, in ms: whatever told of it may have been lost. */
const RECONCILE_MS = 1_000;

export interface ClusteredOptions extends ManagerOptions, ManagerPorts {}

export class ClusteredConversationManager extends CoreConversationManager {
  constructor({ bus, clock, membership, presence, runtimes, store, ...options }: ClusteredOptions) {
    super({ store, bus, membership, presence, runtimes, clock }, { reconcileMs: RECONCILE_MS, ...options });
  }
}
