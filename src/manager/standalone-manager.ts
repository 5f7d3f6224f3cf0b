/**
 * `StandaloneConversationManager`: one process, nothing to install. Its adapters live in this process or on this
 * machine's disk; the algorithm is the core's.
 */
import type { Clock } from '../clock.ts';
import { LocalBus } from '../cluster/bus.ts';
import { SoleMembership } from '../cluster/membership.ts';
import { LocalPresence } from '../cluster/presence.ts';
import type { RuntimeProvider } from '../runtime/runtime.ts';
import type { EventStore } from '../store/event-store.ts';
import { CoreConversationManager } from './core-manager.ts';
import type { ManagerOptions } from './manager-options.ts';

export interface StandaloneOptions extends ManagerOptions {
  /** Open, and nobody else's. */
  readonly store: EventStore;
  readonly runtimes: RuntimeProvider;
  readonly clock: Clock;
}

export class StandaloneConversationManager extends CoreConversationManager {
  constructor({ store, runtimes, clock, ...options }: StandaloneOptions) {
    super(
      {
        store,
        runtimes,
        clock,
        bus: new LocalBus(),
        membership: new SoleMembership(clock, options.url),
        presence: new LocalPresence(),
      },
      options,
    );
  }
}
