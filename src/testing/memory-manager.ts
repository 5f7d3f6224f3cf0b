/**
 * A whole manager in memory, for tests of what is built on it: its store forgets, its commands run nowhere.
 *
 * @example
 * ```ts
 * await using manager = await memoryManager({
 *   agent: scriptedAgent([runCommand('ls'), say('That is all.')]),
 *   script: () => ({ content: 'README.md' }),
 * });
 * const stream = await manager.maybeStartAgentLoop('demo', null, '', { content: 'What is here?' });
 * ```
 */
import type { Agent } from '../agent/agent.ts';
import { AgentRegistry } from '../agent/agent-registry.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { ManagerOptions } from '../manager/manager-options.ts';
import { StandaloneConversationManager } from '../manager/standalone-manager.ts';
import { MemoryRuntimeProvider, type RuntimeScript } from '../runtime/memory-runtime.ts';
import type { RuntimeProvider } from '../runtime/runtime.ts';
import type { EventStore } from '../store/event-store.ts';
import { MemoryEventStore } from '../store/memory-event-store.ts';

/** Besides these, every option of a manager. */
export interface MemoryManagerOptions extends Partial<ManagerOptions> {
  /** The agent of every conversation. @default the `ShellAgent` */
  readonly agent?: Agent;
  /** What comes of the commands. @default each succeeds at once and prints nothing */
  readonly script?: RuntimeScript;
  /** In place of the runtime that follows `script`. */
  readonly runtimes?: RuntimeProvider;
  /** Open; whoever opened it closes it. Give the same one to a second manager to test a restart. @default a new one */
  readonly store?: EventStore;
  /** @default real time */
  readonly clock?: Clock;
}

/** A manager that has been started. Dispose of it, best by `await using`. */
export async function memoryManager(
  options: MemoryManagerOptions = {},
): Promise<StandaloneConversationManager> {
  const { agent, script, store, clock = systemClock, ...rest } = options;
  const manager = new StandaloneConversationManager({
    agents: agent === undefined ? new AgentRegistry() : registryOf(agent),
    sealingKey: new Uint8Array(32),
    defaults: { maxIterations: 100, maxBudget: null, confirmationMode: false },
    maxConversationsPerUser: null,
    closeDelayMs: 0,
    drainGraceMs: 0,
    onError: (error, what) => console.error(what, error),
    runtimes: new MemoryRuntimeProvider(script === undefined ? { clock } : { clock, script }),
    ...rest,
    store: store ?? (await openStore()),
    clock,
  });
  await manager.start();
  return manager;
}

function registryOf(agent: Agent): AgentRegistry {
  return new AgentRegistry(agent.name, [[agent.name, { needsLlm: false, create: () => agent }]]);
}

async function openStore(): Promise<EventStore> {
  const store = new MemoryEventStore();
  await store.open();
  return store;
}
