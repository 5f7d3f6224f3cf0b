import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GitServer, makeRepository } from '../../test/fixtures/git-server.ts';
import { runCommand, say } from '../agent/actions.ts';
import type { Frame } from '../cluster/bus.ts';
import { isAction, type StoredEvent } from '../events/event.ts';
import { LocalRuntimeProvider } from '../runtime/local/local-runtime.ts';
import { MemoryEventStore } from '../store/memory-event-store.ts';
import { defaultSettings, type Settings } from '../store/settings.ts';
import { memoryManager } from '../testing/memory-manager.ts';
import { scriptedAgent } from '../testing/scripted-agent.ts';
import type { InitialMessage, StartOptions } from './conversation-manager.ts';
import type { StandaloneConversationManager } from './standalone-manager.ts';

const SID = 'cloning';
const TOKEN = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz';
const CLONED = 'success: Cloned owner/name (branch main) into the folder name of the workspace.';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'selected-'));
  await makeRepository(join(root, 'hosted/owner/name.git'), { 'README.md': 'Hello\n' });
});
afterAll(() => rm(root, { recursive: true, force: true }));

let folder: string;
let git: GitServer;
let store: MemoryEventStore;
let owned: AsyncDisposableStack;
beforeEach(async () => {
  owned = new AsyncDisposableStack();
  folder = await mkdtemp(join(root, 'workspaces-'));
  git = owned.use(await GitServer.start(join(root, 'hosted')));
  store = new MemoryEventStore();
  await store.open();
});
afterEach(() => owned.disposeAsync());

/** A server; a second one is the first one restarted. */
async function serve(): Promise<StandaloneConversationManager> {
  const runtimes = new LocalRuntimeProvider({ folder });
  return memoryManager({
    store,
    runtimes,
    repositories: runtimes.repositories({
      githubUrl: git.url,
      localRepositories: false,
      cloneTimeoutMs: 20_000,
    }),
    agent: scriptedAgent([runCommand('cat name/README.md'), say('First.'), say('Second.')]),
    owned: [runtimes],
  });
}

interface Begun {
  readonly message?: InitialMessage;
  readonly settings?: Settings | null;
  readonly options?: StartOptions;
}

async function begin(
  manager: StandaloneConversationManager,
  { message, settings = null, options = {} }: Begun = {},
): Promise<void> {
  await manager.maybeStartAgentLoop(SID, settings, '', message, {
    selectedRepository: 'owner/name',
    ...options,
  });
}

const go: Begun = { message: { content: 'Go' } };

async function log(manager: StandaloneConversationManager): Promise<string[]> {
  const { events } = await manager.streams.stream(SID).events({ limit: 1000 });
  return events.map(lineOf);
}

function lineOf(event: StoredEvent): string {
  if (isAction(event)) {
    return event.action === 'message'
      ? `${event.source}: ${event.args.content}`
      : `${event.source} ${event.action}`;
  }
  if (event.observation === 'agent_state_changed') return event.extras.agent_state;
  return `${event.observation}: ${event.content}`;
}

/** Resolves with the first such line that comes after `since` others. */
async function line(manager: StandaloneConversationManager, start: string, since = 0): Promise<string> {
  const found = Promise.withResolvers<string>();
  const reader = await manager.streams.stream(SID).follow(since - 1, {
    deliver(event) {
      const told = lineOf(event);
      if (told.startsWith(start)) found.resolve(told);
      return true;
    },
    closed: () => found.reject(new Error('closed')),
  });
  try {
    return await found.promise;
  } finally {
    reader.close();
  }
}

const change = (agent_state: string) => ({ action: 'change_agent_state', args: { agent_state } });
const says = (content: string) => ({ action: 'message', args: { content } });

describe('the repository of a conversation', () => {
  it('is cloned before the first step, and the log says so', async () => {
    const manager = owned.use(await serve());
    const frames: Frame[] = [];
    manager.watchFrames(SID, (frame) => frames.push(frame));
    await begin(manager, go);
    await line(manager, 'awaiting_user_input');
    expect(await log(manager)).toEqual([
      'user: Go',
      'running',
      CLONED,
      'agent run',
      'run: Hello',
      'agent: First.',
      'awaiting_user_input',
    ]);
    const statuses = frames.flatMap((frame) =>
      frame.type === 'status' ? [`${frame.id} ${frame.message}`] : [],
    );
    expect(statuses[0]).toBe('STATUS$PREPARING_CONTAINER Cloning owner/name');
    expect(statuses).toContain('STATUS$PREPARING_CONTAINER Cloning owner/name: Receiving objects: 100 %');
    expect(statuses.at(-1)).toBe('STATUS$CONTAINER_STARTED Cloned owner/name');
  });

  it('is cloned while the conversation loads, where nobody has said anything yet', async () => {
    const manager = owned.use(await serve());
    await begin(manager);
    await line(manager, 'awaiting_user_input');
    expect(await log(manager)).toEqual([
      'environment change_agent_state',
      'loading',
      CLONED,
      'awaiting_user_input',
    ]);
  });

  it('is cloned once, whatever is said meanwhile', async () => {
    const manager = owned.use(await serve());
    const asked = git.hold();
    await begin(manager, go);
    await asked;
    await manager.sendEventToConversation(SID, says('And more'));
    git.release();
    await line(manager, 'agent: First.');
    const lines = await log(manager);
    expect(lines.filter((one) => one.startsWith('success'))).toHaveLength(1);
    expect(lines.slice(0, 3)).toEqual(['user: Go', 'running', 'user: And more']);
  });

  it('is cloned with the token of the user, which is in no event', async () => {
    git.token = TOKEN;
    const manager = owned.use(await serve());
    await begin(manager, { ...go, settings: { ...defaultSettings, github_token: TOKEN } });
    await line(manager, CLONED);
    expect(JSON.stringify(await manager.streams.stream(SID).events({ limit: 100 }))).not.toContain(TOKEN);
  });

  it('fails in the state error with a reason for people, and a message tries again', async () => {
    git.token = TOKEN;
    const manager = owned.use(await serve());
    const frames: Frame[] = [];
    manager.watchFrames(SID, (frame) => frames.push(frame));
    await begin(manager, go);
    const error = await line(manager, 'error:');
    expect(error).toMatch(
      /^error: Could not clone owner\/name: it does not exist, or .* Send a message to try again\.$/,
    );
    await line(manager, 'error');
    expect((await log(manager)).slice(0, 4)).toEqual(['user: Go', 'running', error, 'error']);
    const status = { type: 'status', level: 'error', id: 'STATUS$ERROR_REPOSITORY' };
    // Viewers are told once it is in the log.
    await vi.waitFor(() => {
      expect(frames.at(-1)).toMatchObject({ ...status, message: error.slice('error: '.length) });
    });
    expect((await manager.getAgentLoopInfo()).map(({ agentState }) => agentState)).toEqual(['error']);

    git.token = null;
    const since = (await log(manager)).length;
    await manager.sendEventToConversation(SID, says('Again'));
    await line(manager, 'agent: First.', since);
    expect((await log(manager)).slice(since, since + 4)).toEqual([
      'user: Again',
      'running',
      CLONED,
      'agent run',
    ]);
  });

  it('says which branch is missing', async () => {
    const manager = owned.use(await serve());
    await begin(manager, { ...go, options: { selectedBranch: 'none' } });
    expect(await line(manager, 'error:')).toContain('it has no branch none');
  });

  it.each(['paused', 'stopped'])(
    'is not cloned on when the agent is %s, and cloned when it goes on',
    async (state) => {
      const manager = owned.use(await serve());
      const asked = git.hold();
      await begin(manager, go);
      await asked;
      await manager.sendEventToConversation(SID, change(state));
      await line(manager, state);
      expect(await readdir(folder)).not.toContain(SID);
      git.release();
      await manager.sendEventToConversation(SID, change('running'));
      await line(manager, 'agent: First.');
      expect((await log(manager)).slice(0, 7)).toEqual([
        'user: Go',
        'running',
        'user change_agent_state',
        state,
        'user change_agent_state',
        'running',
        CLONED,
      ]);
    },
  );

  it('is cloned by the next server where the first one ended in the middle', async () => {
    const first = await serve();
    const asked = git.hold();
    await begin(first, go);
    await asked;
    await first[Symbol.asyncDispose]();
    git.release();
    const second = owned.use(await serve());
    await line(second, 'agent: First.');
    expect((await log(second)).filter((one) => one.startsWith('success'))).toEqual([CLONED]);
    expect(await readFile(join(folder, SID, 'name/README.md'), 'utf8')).toBe('Hello\n');
  });

  it('is given up with its conversation', async () => {
    const manager = owned.use(await serve());
    const asked = git.hold();
    await begin(manager, go);
    await asked;
    expect(await manager.deleteConversation(SID)).toBe(true);
    expect(await readdir(folder)).toEqual(['.cloning']);
    expect(await readdir(join(folder, '.cloning'))).toEqual([]);
  });

  it('ends its processes when its conversation is closed', async () => {
    const manager = owned.use(await serve());
    const asked = git.hold();
    await begin(manager, go);
    await asked;
    await manager.closeSession(SID);
    expect((await log(manager)).at(-1)).toBe('stopped');
    expect(await readdir(join(folder, '.cloning'))).toEqual([]);
  });

  it('is refused where its name is bad, and then nothing is created', async () => {
    const manager = owned.use(await serve());
    const bad = begin(manager, { options: { selectedRepository: 'ext::sh -c id' } });
    await expect(bad).rejects.toMatchObject({
      code: 'invalid_request',
      details: { field: 'selected_repository' },
    });
    const branch = begin(manager, { options: { selectedBranch: '--upload-pack=id' } });
    await expect(branch).rejects.toMatchObject({ details: { field: 'selected_branch' } });
    expect(await manager.getConversation(SID)).toBeNull();
  });
});
