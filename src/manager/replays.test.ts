import { beforeEach, describe, expect, it } from 'vitest';
import { finish, runCommand, say } from '../agent/actions.ts';
import type { Agent } from '../agent/agent.ts';
import type { StoredEvent } from '../events/event.ts';
import { isAction } from '../events/event.ts';
import { MemoryRuntimeProvider } from '../runtime/memory-runtime.ts';
import { MemoryEventStore } from '../store/memory-event-store.ts';
import { MemoryFileStore } from '../store/memory-file-store.ts';
import { defaultSettings } from '../store/settings.ts';
import { memoryManager } from '../testing/memory-manager.ts';
import { scriptedAgent } from '../testing/scripted-agent.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import type { InitialMessage } from './conversation-manager.ts';
import type { StandaloneConversationManager } from './standalone-manager.ts';

const SID = 'replayed';
const user = (content: string) => ({ source: 'user', action: 'message', args: { content } });
const run = (command: string) => ({ source: 'agent', ...runCommand(command) });
const said = (content: string) => ({ action: 'message', args: { content } });

let clock: VirtualClock;
let store: MemoryEventStore;
let fileStore: MemoryFileStore;
let runtimes: MemoryRuntimeProvider;
beforeEach(async () => {
  clock = new VirtualClock();
  store = new MemoryEventStore();
  await store.open();
  fileStore = new MemoryFileStore();
  runtimes = new MemoryRuntimeProvider({ clock, script: () => ({ content: 'anew', afterMs: 100 }) });
});

function serve(agent?: Agent): Promise<StandaloneConversationManager> {
  return memoryManager({ clock, store, fileStore, runtimes, ...(agent === undefined ? {} : { agent }) });
}

async function replay(
  manager: StandaloneConversationManager,
  events: readonly unknown[],
  message?: InitialMessage,
): Promise<void> {
  await manager.maybeStartAgentLoop(SID, null, '', message, { replay: events });
}

/** Everything but changes of state: what was done by whom. */
async function told(manager: StandaloneConversationManager): Promise<string[]> {
  const { events } = await manager.streams.stream(SID).events({ limit: 1000 });
  return events.filter((event) => !isState(event)).map(lineOf);
}

function isState(event: StoredEvent): boolean {
  return !isAction(event) && event.observation === 'agent_state_changed';
}

function lineOf(event: StoredEvent): string {
  if (!isAction(event)) return `${event.observation}: ${event.content}`;
  if (event.action === 'message') return `${event.source}: ${event.args.content}`;
  return event.action === 'run' ? `$ ${event.args.command}` : event.action;
}

async function stateOf(manager: StandaloneConversationManager): Promise<string | undefined> {
  return (await manager.getConversation(SID))?.agentState;
}

describe('a trajectory that is played back', () => {
  it('has its actions carried out anew, in their order, and awaits input at its end', async () => {
    await using manager = await serve();
    const observed = { source: 'agent', observation: 'run', content: 'of then', extras: {}, cause: 1 };
    await replay(manager, [user('Look'), run('ls'), observed, user('More'), run('pwd')]);
    await clock.advance(1_000);
    expect(await told(manager)).toEqual([
      'user: Look',
      '$ ls',
      'run: anew',
      'agent: The user of the recording said:\n\nMore',
      '$ pwd',
      'run: anew',
    ]);
    expect(await stateOf(manager)).toBe('awaiting_user_input');
    expect(runtimes.executed).toHaveLength(2);
  });

  it('is finished where it was finished', async () => {
    await using manager = await serve();
    await replay(manager, [run('ls'), { source: 'agent', ...finish('Done.') }]);
    await clock.advance(1_000);
    expect(await told(manager)).toEqual([
      'user: Play the recorded trajectory back.',
      '$ ls',
      'run: anew',
      'finish',
    ]);
    expect(await stateOf(manager)).toBe('finished');
  });

  it('begins with the message that came with it, where one did', async () => {
    await using manager = await serve();
    await replay(manager, [user('Look'), run('ls')], { content: 'Watch this' });
    await clock.advance(1_000);
    const [first, second] = await told(manager);
    expect([first, second]).toEqual(['user: Watch this', 'agent: The user of the recording said:\n\nLook']);
  });

  it('goes on after a crash where it was, and repeats no action', async () => {
    const first = await serve();
    await replay(first, [user('Go'), run('one'), run('two'), run('three')]);
    await clock.advance(150); // in the middle of the second
    const gone = first[Symbol.asyncDispose]();
    await clock.advance(1_000);
    await gone;
    await using second = await serve();
    await clock.advance(1_000);
    const commands = runtimes.executed.map(({ action }) => action.action === 'run' && action.args.command);
    expect(commands).toEqual(['one', 'two', 'three']);
    expect((await told(second)).filter((line) => line.startsWith('$'))).toEqual([
      '$ one',
      '$ two',
      '$ three',
    ]);
    expect(await stateOf(second)).toBe('awaiting_user_input');
  });

  it('is held by a pause, and goes on when it is resumed', async () => {
    await using manager = await serve();
    await replay(manager, [user('Go'), run('one'), run('two')]);
    await clock.advance(50);
    const change = (agent_state: string) => ({ action: 'change_agent_state', args: { agent_state } });
    await manager.sendEventToConversation(SID, change('paused'));
    await clock.advance(1_000);
    expect(runtimes.executed).toHaveLength(1);
    await manager.sendEventToConversation(SID, change('running'));
    await clock.advance(1_000);
    expect(runtimes.executed).toHaveLength(2);
    expect(await stateOf(manager)).toBe('awaiting_user_input');
  });

  it('asks for consent where the settings want that, and goes on after it', async () => {
    await using manager = await serve();
    const settings = { ...defaultSettings, confirmation_mode: true };
    const trajectory = [user('Go'), run('one'), run('two'), run('three')];
    await manager.maybeStartAgentLoop(SID, settings, '', undefined, { replay: trajectory });
    const answer = async (agent_state: string): Promise<void> => {
      await clock.advance(1_000);
      const { events } = await manager.streams
        .stream(SID)
        .events({ limit: 100, kinds: ['run'], source: 'agent' });
      const args = { agent_state, action_id: events.at(-1)?.id };
      await manager.sendEventToConversation(SID, { action: 'change_agent_state', args });
    };
    await answer('user_confirmed');
    await answer('user_rejected');
    await clock.advance(1_000);
    expect(await stateOf(manager)).toBe('awaiting_user_input');
    await manager.sendEventToConversation(SID, said('Go on'));
    await answer('user_confirmed');
    await clock.advance(1_000);
    const commands = runtimes.executed.map(({ action }) => action.action === 'run' && action.args.command);
    expect(commands).toEqual(['one', 'three']);
  });

  it('hands over to the ordinary agent when a user says something', async () => {
    await using manager = await serve(scriptedAgent([({ state }) => say(`My step ${state}`)]));
    await replay(manager, [user('Go'), run('one')]);
    await clock.advance(1_000);
    expect((await told(manager)).at(-1)).toBe('run: anew');
    await manager.sendEventToConversation(SID, said('And now?'));
    await clock.advance(1_000);
    // It knows of what was played back: the script's only step counts as done.
    expect(await stateOf(manager)).toBe('awaiting_user_input');
    expect((await told(manager)).at(-1)).toBe('user: And now?');
  });

  it('leaves the agent that answers messages those that came since', async () => {
    await using manager = await serve();
    await replay(manager, [user('$ one\n$ forgotten'), run('one')]);
    await clock.advance(50);
    await manager.sendEventToConversation(SID, said('$ mine'));
    await clock.advance(1_000);
    const commands = runtimes.executed.map(({ action }) => action.action === 'run' && action.args.command);
    expect(commands).toEqual(['one', 'mine']);
  });

  it('is no circle, and no limit counts it', async () => {
    const calls = Array.from({ length: 120 }, () => run('make'));
    await using manager = await serve(scriptedAgent([...calls.map(() => say('')), say('Mine.')]));
    await replay(manager, [user('Go'), ...calls]);
    await clock.advance(60_000);
    expect(runtimes.executed).toHaveLength(120);
    await manager.sendEventToConversation(SID, said('And now?'));
    await clock.advance(1_000);
    expect((await told(manager)).at(-1)).toBe('agent: Mine.');
  });

  it('creates nothing where it is bad', async () => {
    await using manager = await serve();
    await expect(replay(manager, [run('ls'), 5])).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field: 'replay_json', index: 1 },
    });
    expect(await manager.getConversation(SID)).toBeNull();
    expect(await fileStore.list('')).toEqual([]);
  });

  it('is gone with its conversation', async () => {
    await using manager = await serve();
    await replay(manager, [run('ls')]);
    expect(await fileStore.list('')).toEqual([`conversations/${SID}/replay.json`]);
    await manager.deleteConversation(SID);
    expect(await fileStore.list('')).toEqual([]);
  });
});
