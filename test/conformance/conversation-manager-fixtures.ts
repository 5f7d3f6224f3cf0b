/**
 * What the suites of `ConversationManager` share: how a manager is made, started anew and killed, and short ways to
 * act and to look. Time is real here; what is waited for is asked for until it is so.
 */
import { afterAll, beforeAll } from 'vitest';
import { AgentRegistry } from '../../src/agent/agent-registry.ts';
import { LlmProvider } from '../../src/agent/llm/llm-provider.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { Frame } from '../../src/cluster/bus.ts';
import { type ErrorCode, isError } from '../../src/errors.ts';
import type { StoredEvent } from '../../src/events/event.ts';
import type { Conversation } from '../../src/manager/conversation.ts';
import type { ConversationManager, Sent } from '../../src/manager/conversation-manager.ts';
import { type Execution, MemoryRuntimeProvider } from '../../src/runtime/memory-runtime.ts';
import type { RuntimeProvider } from '../../src/runtime/runtime.ts';
import type { AppendRequest, AppendResult, ConversationRecord } from '../../src/store/event-store.ts';
import { defaultSettings, type Settings } from '../../src/store/settings.ts';
import { lines } from '../fixtures/event-log.ts';

/** What every manager under test is made with. */
export interface ManagerSetup {
  readonly agents: AgentRegistry;
  /** Models of settings only: the server has none. */
  readonly llms: LlmProvider;
  /** The runtimes of one node, on its clock. */
  readonly runtimes: (clock: Clock) => RuntimeProvider;
  readonly clock: Clock;
  readonly maxConversationsPerUser: number | null;
  readonly closeDelayMs: number;
  readonly drainGraceMs: number;
  readonly onError: (error: unknown, what: string) => void;
  /** Call it with every append that any node makes, when it is answered. */
  readonly onAppend: (request: AppendRequest, result: AppendResult) => void;
}

export interface ManagerNodes {
  /** Started. */
  readonly manager: ConversationManager;
  /** Another node on the same data, started; absent where the mode knows only one. */
  readonly otherManager?: ConversationManager;
}

export interface ManagerHarness extends ManagerNodes {
  /** Stops every node as an operator would, and starts as many on the same data. */
  restart(): Promise<ManagerNodes>;
  /** Kills every node: from now on nothing of it runs or is answered. Starts as many on the same data. */
  crash(): Promise<ManagerNodes>;
  /** Stops what runs and removes what was made. */
  close(): Promise<void>;
}

export type CreateManager = (setup: ManagerSetup) => Promise<ManagerHarness>;

export type WorldOptions = Partial<
  Pick<ManagerSetup, 'agents' | 'maxConversationsPerUser' | 'closeDelayMs' | 'drainGraceMs'>
>;

export interface Commit {
  readonly sid: string;
  readonly lines: readonly string[];
  readonly created: boolean;
  readonly desired: ConversationRecord['desired'];
}

/** What a test sees of a manager from outside. */
class Seen {
  readonly commits: Commit[] = [];
  /** What was reported; a test that expects something takes it out. */
  readonly errors: unknown[] = [];
  /** Timers that are set and have neither fired nor been ended. */
  timers = 0;
  /** Runtimes that are open. */
  openRuntimes = 0;
  readonly removedRuntimes: string[] = [];
  readonly providers: MemoryRuntimeProvider[] = [];

  commit(request: AppendRequest, result: AppendResult): void {
    if (result.outcome !== 'appended' || result.repeated) return;
    const { created, desired } = result;
    this.commits.push({ sid: request.sid, lines: lines(request.events), created, desired });
  }
}

const settingsOnly = new LlmProvider({
  model: null,
  apiKey: null,
  baseUrl: null,
  timeoutMs: 5_000,
  retries: 1,
  retryDelayMs: 10,
  clock: systemClock,
});

/** A manager with all that belongs to it. Users and conversations of one test are not those of another. */
export class World {
  readonly seen: Seen;
  /** Opening the runtime of this conversation waits for this, and removing it. */
  readonly gates: Map<string, Promise<void>>;
  readonly #harness: ManagerHarness;
  #nodes: ManagerNodes;

  private constructor(seen: Seen, gates: Map<string, Promise<void>>, harness: ManagerHarness) {
    this.seen = seen;
    this.gates = gates;
    this.#harness = harness;
    this.#nodes = harness;
  }

  static async open(create: CreateManager, options: WorldOptions = {}): Promise<World> {
    const seen = new Seen();
    const gates = new Map<string, Promise<void>>();
    const harness = await create({
      agents: new AgentRegistry(),
      llms: settingsOnly,
      clock: countingClock(seen),
      maxConversationsPerUser: null,
      closeDelayMs: 0,
      drainGraceMs: 100,
      onError: (error) => seen.errors.push(error),
      onAppend: (request, result) => seen.commit(request, result),
      runtimes: (clock) => runtimesOn(clock, seen, gates),
      ...options,
    });
    return new World(seen, gates, harness);
  }

  get manager(): ConversationManager {
    return this.#nodes.manager;
  }

  /** Another node where there is one, else the same. */
  get other(): ConversationManager {
    return this.#nodes.otherManager ?? this.#nodes.manager;
  }

  get nodes(): ConversationManager[] {
    return [...new Set([this.manager, this.other])];
  }

  async restart(): Promise<void> {
    this.#nodes = await this.#harness.restart();
  }

  async crash(): Promise<void> {
    this.#nodes = await this.#harness.crash();
  }

  /** Commands that were begun in this conversation, and what became of each. */
  executed(sid: string): string[] {
    return this.#executions(sid).map(({ action, outcome }) => {
      const what = action.action === 'run' ? action.args.command : action.action;
      return `${what}: ${outcome}`;
    });
  }

  /** Starts the conversation with this message, and waits until nothing is left to do. */
  async settled(
    sid: string,
    userId: string,
    content: string,
    settings: Settings | null = null,
  ): Promise<void> {
    await this.manager.maybeStartAgentLoop(sid, settings, userId, { content });
    await this.rest(sid, userId);
  }

  /** The conversation's loop has met all that was asked for. */
  async rest(sid: string, userId: string): Promise<ConversationRecord> {
    await until(async () => {
      const { due, agentState } = await this.record(sid, userId);
      return !due && agentState !== 'loading' && agentState !== 'running';
    }, `${sid} rests`);
    return this.record(sid, userId);
  }

  /** A command of the conversation has begun. */
  async begun(sid: string, command: string): Promise<void> {
    await until(() => this.executed(sid).includes(`${command}: under way`), `${command} has begun`);
  }

  async record(sid: string, userId: string): Promise<ConversationRecord> {
    const record = await this.manager.getConversation(sid, userId);
    if (record === null) throw new Error(`There is no conversation ${sid}.`);
    return record;
  }

  async attached(sid: string, userId: string): Promise<Conversation> {
    const conversation = await this.manager.attachToConversation(sid, userId);
    if (conversation === null) throw new Error(`There is no conversation ${sid}.`);
    return conversation;
  }

  async log(sid: string, userId: string): Promise<StoredEvent[]> {
    const conversation = await this.attached(sid, userId);
    try {
      const events: StoredEvent[] = [];
      for await (const event of conversation.eventStream.read()) events.push(event);
      return events;
    } finally {
      await this.manager.detachFromConversation(conversation);
    }
  }

  /** The log as its reader would tell it. */
  async lines(sid: string, userId: string): Promise<string[]> {
    return lines(await this.log(sid, userId));
  }

  /** Everything that a viewer sees of the conversation from its beginning. */
  async watch(sid: string, connectionId: string, userId: string): Promise<Viewer> {
    const stream = await this.manager.joinConversation(sid, connectionId, null, userId);
    if (stream === null) throw new Error(`There is no conversation ${sid}.`);
    const events: StoredEvent[] = [];
    const closings: unknown[] = [];
    await stream.follow(-1, {
      deliver(event) {
        events.push(event);
        return true;
      },
      closed: (error) => closings.push(error),
    });
    return { events, closings };
  }

  /** A user acts without a connection. */
  send(sid: string, userId: string, action: string, args: object = {}): Promise<Sent> {
    return this.manager.sendEventToConversation(sid, { action, args }, userId);
  }

  say(sid: string, userId: string, content: string): Promise<Sent> {
    return this.send(sid, userId, 'message', { content });
  }

  ask(sid: string, userId: string, agent_state: string): Promise<Sent> {
    return this.send(sid, userId, 'change_agent_state', { agent_state });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#harness.close();
    const { errors } = this.seen;
    if (errors.length === 0) return;
    throw new AggregateError(errors, `${errors.length} failures were reported, first: ${errors[0]}`);
  }

  #executions(sid: string): Execution[] {
    return this.seen.providers.flatMap(({ executed }) => executed.filter((one) => one.sid === sid));
  }
}

/** One world for all tests of a suite: none of them changes it as a whole. */
export function sharedWorld(create: CreateManager, options: WorldOptions = {}): () => World {
  let world: World | null = null;
  beforeAll(async () => {
    world = await World.open(create, options);
  });
  afterAll(() => world?.[Symbol.asyncDispose]());
  return () => {
    if (world === null) throw new Error('The world is not there yet.');
    return world;
  };
}

interface Viewer {
  readonly events: readonly StoredEvent[];
  readonly closings: readonly unknown[];
}

/** Commands: `sleep` takes ten minutes, `nap` a tenth of a second, all others end at once. */
function runtimesOn(clock: Clock, seen: Seen, gates: ReadonlyMap<string, Promise<void>>): RuntimeProvider {
  const provider = new MemoryRuntimeProvider({
    clock,
    script(action) {
      const command = action.action === 'run' ? action.args.command : '';
      const afterMs = command.startsWith('sleep') ? 600_000 : command.startsWith('nap') ? 100 : 0;
      return { content: `did ${command}`, afterMs };
    },
  });
  seen.providers.push(provider);
  return {
    async open(sid) {
      await gates.get(sid);
      const runtime = await provider.open(sid);
      seen.openRuntimes += 1;
      let isOpen = true;
      return {
        workspace: runtime.workspace,
        execute: (action, options) => runtime.execute(action, options),
        interrupt: () => runtime.interrupt(),
        async [Symbol.asyncDispose]() {
          if (isOpen) seen.openRuntimes -= 1;
          isOpen = false;
          await runtime[Symbol.asyncDispose]();
        },
      };
    },
    async remove(sid) {
      await gates.get(sid);
      seen.removedRuntimes.push(sid);
      await provider.remove(sid);
    },
  };
}

function countingClock(seen: Seen): Clock {
  return {
    ...systemClock,
    after(delayMs, task) {
      let isPending = true;
      const over = (): void => {
        if (isPending) seen.timers -= 1;
        isPending = false;
      };
      seen.timers += 1;
      const cancel = systemClock.after(delayMs, () => {
        over();
        task();
      });
      return () => {
        over();
        cancel();
      };
    },
  };
}

const PATIENCE_MS = 10_000;

/** Resolves when it is so. */
export async function until(isSo: () => boolean | Promise<boolean>, what = String(isSo)): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Not so after ${PATIENCE_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
}

/** What happens from here on is later than what happened before, also to the clock. */
export async function nextMillisecond(): Promise<void> {
  const now = Date.now();
  await until(() => Date.now() > now);
}

/** For `toSatisfy`: a failure with this code. */
export function failure(code: ErrorCode): (error: unknown) => boolean {
  return (error) => isError(error, code);
}

let count = 0;

/** A name that no other test has, for a user, a connection or a conversation. */
export function fresh(what: string): string {
  count += 1;
  return `${what}-${count}`;
}

export const confirming: Settings = { ...defaultSettings, confirmation_mode: true };

/** Those of the frames that are statuses with this id. */
export function statuses(frames: readonly Frame[], id: string): Frame[] {
  return frames.filter((frame) => frame.type === 'status' && frame.id === id);
}
