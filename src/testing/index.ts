/**
 * `convene/testing`: for tests of agents, and of programs around the server. docs/testing.md has an example of each.
 */
export { MemoryRuntimeProvider, type RuntimeScript } from '../runtime/memory-runtime.ts';
export { MemoryEventStore } from '../store/memory-event-store.ts';
export { type MemoryManagerOptions, memoryManager } from './memory-manager.ts';
export * from './mock-llm.ts';
export { type ScriptedAgentOptions, type ScriptedStep, scriptedAgent } from './scripted-agent.ts';
export { VirtualClock } from './virtual-clock.ts';
