/**
 * The real server, put together as the command line does it, with agents that cost nothing, and what else is measured
 * from within its process. Arguments: the data folder.
 */
import { setTimeout as after } from 'node:timers/promises';
import { type Clock, systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/index.ts';
import type { StoredEvent } from '../../src/events/event.ts';
import { createManager } from '../../src/manager/create-manager.ts';
import { FrontDoor } from '../../src/server/front-door.ts';
import { KnownSecrets, noting } from '../../src/server/known-secrets.ts';
import { createLogger } from '../../src/server/logger.ts';
import { createServer } from '../../src/server/server.ts';
import { createIo } from '../../src/server/socket/io.ts';
import { defaultSettings } from '../../src/store/settings.ts';
import { message } from '../events.ts';
import { answerCalls } from '../line.ts';
import { timed, timedEach } from '../measure.ts';
import { benchAgents } from './agents.ts';
import { InstantLlm } from './instant-llm.ts';
import { type Delay, LoopDelay } from './loop-delay.ts';
import { Window } from './window.ts';

export interface ServerCalls {
  url(): string;
  /** Since the last call. */
  delay(): Delay;
  /** Creates a conversation with this agent, or makes it run. */
  begin(call: { sid: string; agent: string; llmBaseUrl?: string }): void;
  /** Lets an agent take so many steps with a model that answers at once; what lies between its requests, in ms. */
  step(call: { sid: string; count: number }): number[];
  /** Appends events one by one, up to `window` ahead of the slowest client; resolves when all are durable. */
  publish(call: { sid: string; contents: readonly string[]; window: number }): void;
  received(count: number): void;
  /** Closes the conversation, and times how long it takes to run again and wait. */
  reopen(sid: string): number;
  list(call: { times: number; limit: number }): number[];
  search(call: { sid: string; text: string; times: number }): { samples: number[]; found: number };
  /** Starts the loops of so many new conversations and waits until they rest. */
  rest(call: { count: number; prefix: string }): Memory;
}

export interface Memory {
  /** Bytes after a collection, before and after. */
  readonly before: number;
  readonly after: number;
  readonly residentBefore: number;
  readonly residentAfter: number;
  /** Timers of the server's clock that were pending. */
  readonly timersBefore: number;
  readonly timersAfter: number;
  readonly loops: number;
}

const STARTS_IN_FLIGHT = 64;
/** How long a loop may take to rest. */
const REST_MS = 30_000;

const [dataDir = ''] = process.argv.slice(2);
let timers = 0;
/** The system's, counting what is pending. */
const clock: Clock = {
  ...systemClock,
  after(delayMs, task) {
    timers += 1;
    let pending = true;
    const done = (): void => {
      if (pending) timers -= 1;
      pending = false;
    };
    const cancel = systemClock.after(delayMs, () => {
      done();
      task();
    });
    return () => {
      done();
      cancel();
    };
  },
};

const { config } = loadConfig({
  flags: { port: 0, dataDir, drainGraceMs: 100, closeDelayMs: 0, logLevel: 'warn' },
  env: {},
  cwd: dataDir,
});
const instant = new InstantLlm();
const door = await FrontDoor.open(config);
const secrets = new KnownSecrets([config.secretKey, config.llmApiKey]);
const logger = createLogger({ level: config.logLevel, secrets });
const io = createIo();
const parts = await createManager(config, {
  io,
  clock,
  agents: benchAgents(instant),
  url: () => door.url(config.host),
  onError: (error, what) => logger.error({ err: error }, what),
});
const { manager } = parts;
await manager.start();
const server = await createServer({
  door,
  io,
  config,
  manager,
  settings: noting(parts.settings, secrets),
  agents: parts.agents.names,
  lacksLlm: (settings) => parts.agents.lacksLlm(settings),
  secretKey: parts.secretKey,
  workspace: parts.workspace,
  fileStore: parts.fileStore,
  clock,
  logger,
});
const delay = new LoopDelay();
let window = new Window(0);

/** Calls back until it has been called with an event that `isIt`. */
async function eventOf(sid: string, isIt: (event: StoredEvent) => boolean): Promise<{ seen: Promise<void> }> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const remove = await manager.addCallback(sid, (event) => {
    if (isIt(event)) resolve();
  });
  return { seen: promise.then(remove) };
}

function waits(event: StoredEvent): boolean {
  if (!('observation' in event) || event.observation !== 'agent_state_changed') return false;
  return event.extras.agent_state === 'awaiting_user_input';
}

/** Resolves when the loop rests in `awaiting_user_input`. */
async function waiting(sid: string): Promise<void> {
  for (const begun = performance.now(); performance.now() - begun < REST_MS; ) {
    const [info] = await manager.getAgentLoopInfo(undefined, new Set([sid]));
    const record = await manager.getConversation(sid);
    if (info?.agentState === 'awaiting_user_input' && record?.due === false) return;
    await after(5);
  }
  throw new Error(`The loop of ${sid} does not come to rest.`);
}

function memory(): { used: number; resident: number } {
  for (let turn = 0; turn < 4; turn += 1) globalThis.gc?.();
  const { external, heapUsed, rss } = process.memoryUsage();
  return { used: heapUsed + external, resident: rss };
}

answerCalls<ServerCalls>(
  {
    url: () => door.url(config.host),
    delay: () => delay.take(),
    async begin({ agent, llmBaseUrl: llm_base_url, sid }) {
      const model =
        llm_base_url === undefined ? {} : { llm_model: 'openai/bench', llm_api_key: 'bench', llm_base_url };
      const settings = { ...defaultSettings, agent, max_iterations: 1_000_000, ...model };
      await manager.maybeStartAgentLoop(sid, settings);
      await waiting(sid);
    },
    async step({ count, sid }) {
      instant.begin(count);
      await manager.sendEventToConversation(sid, { action: 'message', args: { content: 'Think.' } });
      await waiting(sid);
      return instant.between;
    },
    async publish({ contents, sid, window: size }) {
      window = new Window(size);
      const conversation = await manager.attachToConversation(sid);
      if (conversation === null) throw new Error(`No conversation ${sid}.`);
      const appends: Promise<unknown>[] = [];
      for (const content of contents) {
        const full = window.next();
        if (full !== undefined) await full;
        appends.push(conversation.eventStream.append(message(content)));
      }
      await Promise.all(appends);
      await manager.detachFromConversation(conversation);
    },
    received: (count) => window.received(count),
    async reopen(sid) {
      await manager.closeSession(sid);
      const { seen } = await eventOf(sid, waits);
      const ms = await timed(async () => {
        await manager.maybeStartAgentLoop(sid, { ...defaultSettings, agent: 'EchoAgent' });
        await seen;
      });
      await waiting(sid);
      return ms;
    },
    list: ({ limit, times }) => timedEach(times, () => manager.listConversations({ userId: '', limit })),
    async search({ sid, text, times }) {
      const conversation = await manager.attachToConversation(sid);
      if (conversation === null) throw new Error(`No conversation ${sid}.`);
      const find = () => conversation.eventStream.events({ text, limit: 20, reverse: true });
      const found = (await find()).events.length;
      const samples = await timedEach(times, find);
      await manager.detachFromConversation(conversation);
      return { samples, found };
    },
    async rest({ count, prefix }) {
      const start = async (from: number, to: number): Promise<void> => {
        let next = from;
        const one = async (): Promise<void> => {
          while (next < to) {
            const sid = `${prefix}-${next}`;
            next += 1;
            await manager.maybeStartAgentLoop(sid, null, '', { content: 'Hello.', actionId: sid });
            await waiting(sid);
          }
        };
        await Promise.all(Array.from({ length: STARTS_IN_FLIGHT }, one));
      };
      const warmUp = Math.ceil(count / 10);
      await start(0, warmUp); // what is made once is there before it is counted
      const before = memory();
      const timersBefore = timers;
      await start(warmUp, warmUp + count);
      await after(200);
      const result = memory();
      return {
        before: before.used,
        after: result.used,
        residentBefore: before.resident,
        residentAfter: result.resident,
        timersBefore,
        timersAfter: timers,
        loops: (await manager.getRunningAgentLoops()).size,
      };
    },
  },
  () => server.close(),
);
