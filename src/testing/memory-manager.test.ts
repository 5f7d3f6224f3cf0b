import { expect, it } from 'vitest';
import { runCommand, say } from '../agent/actions.ts';
import type { StandaloneConversationManager } from '../manager/standalone-manager.ts';
import { MemoryRuntimeProvider } from '../runtime/memory-runtime.ts';
import { MemoryEventStore } from '../store/memory-event-store.ts';
import { memoryManager } from './memory-manager.ts';
import { scriptedAgent } from './scripted-agent.ts';
import { VirtualClock } from './virtual-clock.ts';

async function messagesOf(manager: StandaloneConversationManager, sid: string): Promise<string[]> {
  const { events } = await manager.streams.stream(sid).events({ limit: 100 });
  return events.map((event) => event.message);
}

it('serves, with the agent and the runtime that it is given, on any clock', async () => {
  const clock = new VirtualClock();
  const manager = await memoryManager({
    clock,
    agent: scriptedAgent([runCommand('ls'), say('That is all.')]),
    script: () => ({ content: 'README.md', afterMs: 500 }),
  });
  expect(await manager.isReady()).toBe(true);
  await manager.maybeStartAgentLoop('demo', null, '', { content: 'What is here?' });
  await clock.advance(500);
  const { events } = await manager.streams.stream('demo').events({ limit: 100, kinds: ['run', 'message'] });
  expect(events.map((event) => Object(event).content ?? event.message)).toEqual([
    'What is here?',
    'Running command: ls',
    'README.md',
    'That is all.',
  ]);
  await manager[Symbol.asyncDispose]();
});

it('has the ShellAgent where it is given none', async () => {
  const clock = new VirtualClock();
  const runtimes = new MemoryRuntimeProvider({ clock });
  await using manager = await memoryManager({ clock, runtimes });
  await manager.maybeStartAgentLoop('demo', null, '', { content: '$ ls' });
  await clock.advance(0);
  expect(runtimes.executed).toMatchObject([{ action: { args: { command: 'ls' } }, outcome: 'answered' }]);
});

it('finds everything again in a store that it shares with the one before', async () => {
  const clock = new VirtualClock();
  const store = new MemoryEventStore();
  await store.open();
  const agent = scriptedAgent([say('one'), say('two')]);
  const first = await memoryManager({ clock, store, agent });
  await first.maybeStartAgentLoop('demo', null, '', { content: 'go' });
  await clock.advance(0);
  await first[Symbol.asyncDispose]();
  await using second = await memoryManager({ clock, store, agent });
  await second.sendEventToConversation('demo', { action: 'message', args: { content: 'go on' } });
  await clock.advance(0);
  expect(await messagesOf(second, 'demo')).toContain('two');
});
