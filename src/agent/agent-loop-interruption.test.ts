/** What a loop does when somebody comes between: pauses, stops, closes and messages while it thinks or acts. */
import { describe, expect, it } from 'vitest';
import { change, message, ownRun } from '../../test/fixtures/event-log.ts';
import { ending, LoopWorld, type LoopWorldOptions } from '../../test/fixtures/loop-world.ts';
import type { AgentState } from '../events/agent-state.ts';
import { isAction, type NewEvent } from '../events/event.ts';
import { scriptedAgent } from '../testing/scripted-agent.ts';
import { runCommand, say } from './actions.ts';
import type { AgentAction, StepContext } from './agent.ts';

/** A model that answers when it is told to, and what it was asked. */
class Model {
  readonly asked: StepContext<number>[] = [];
  readonly #answers: PromiseWithResolvers<AgentAction>[] = [];
  /** Whether an abort ends the call. */
  readonly #heedsAborts: boolean;

  constructor(heedsAborts = true) {
    this.#heedsAborts = heedsAborts;
  }

  readonly step = (context: StepContext<number>): Promise<AgentAction> => {
    const answer = Promise.withResolvers<AgentAction>();
    this.asked.push(context);
    this.#answers.push(answer);
    if (this.#heedsAborts)
      context.signal.addEventListener('abort', () => answer.reject(context.signal.reason));
    return answer.promise;
  };

  answer(action: AgentAction): void {
    this.#answers.at(-1)?.resolve(action);
  }

  get isAborted(): boolean {
    return this.asked.at(-1)?.signal.aborted ?? false;
  }
}

function thinking(model: Model, options: Partial<LoopWorldOptions> = {}): LoopWorld {
  return new LoopWorld({ agent: scriptedAgent([model.step, model.step, model.step]), ...options });
}

/** The agent's command takes a minute. */
function working(options: Partial<LoopWorldOptions> = {}): LoopWorld {
  return new LoopWorld({
    agent: scriptedAgent([runCommand('make'), say('Made.')]),
    script: () => ({ content: 'made', afterMs: 60_000 }),
    ...options,
  });
}

const halts: [string, AgentState][] = [
  ['a pause', 'paused'],
  ['a stop', 'stopped'],
];

describe('while the agent thinks', () => {
  it.each(halts)(
    '%s aborts the step at once, and nothing that it might still answer is taken',
    async (_what, to) => {
      const model = new Model(false);
      await using world = thinking(model);
      await world.begin(message('go'));
      expect(world.lines).toEqual(['user message', 'running of 0']);
      await world.user(change(to));
      expect(model.isAborted).toBe(true);
      model.answer(runCommand('rm -r .'));
      await world.settle();
      expect(world.lines.slice(2)).toEqual(['user change_agent_state', `${to} of 2`]);
      expect(world.executed).toEqual([]);
    },
  );

  it('a step that does not heed its signal is left to itself after a while', async () => {
    const model = new Model(false);
    await using world = thinking(model);
    await world.begin(message('go'));
    await world.user(change('paused'));
    await world.clock.advance(3_000);
    expect(world.lines.at(-1)).toBe('paused of 2');
    model.answer(runCommand('rm -r .'));
    await world.settle();
    expect(world.lines).toHaveLength(4);
  });

  it('a message makes it think anew, with the message: what it thought before is dropped', async () => {
    const model = new Model();
    await using world = thinking(model);
    await world.begin(message('go'));
    await world.user(message('no, wait'));
    model.answer(say('Going.'));
    await world.settle();
    expect(world.lines).toEqual(['user message', 'running of 0', 'user message']);
    expect(model.asked).toHaveLength(2);
    model.answer(say('Waiting.'));
    await world.settle();
    expect(world.log[3]).toMatchObject({ source: 'agent', args: { content: 'Waiting.' } });
  });

  it('a user’s own command waits for the step, and is carried out before the agent’s next action', async () => {
    const model = new Model();
    await using world = thinking(model);
    await world.begin(message('go'));
    await world.user(ownRun('ls'));
    model.answer(runCommand('make'));
    await world.settle();
    expect(world.executed).toEqual(['ls: answered']);
    expect(model.asked).toHaveLength(2);
  });

  it('a close aborts it, and the loop ends', async () => {
    const model = new Model();
    await using world = thinking(model);
    const loop = await world.begin(message('go'));
    await world.close();
    expect(await ending(world, loop)).toBe('closed');
    expect(world.lines.slice(2)).toEqual(['environment change_agent_state', 'stopped of 2']);
    expect(world.record).toMatchObject({
      desired: 'stopped',
      due: false,
      owner: null,
      agentState: 'stopped',
    });
  });

  it('it goes on after a resume', async () => {
    const model = new Model();
    await using world = thinking(model);
    await world.begin(message('go'));
    await world.user(change('paused'));
    await world.settle();
    await world.user(change('running'));
    await world.settle();
    model.answer(say('Done.'));
    await world.settle();
    expect(world.lines.slice(-3)).toEqual(['running of 4', 'agent message', 'awaiting_user_input']);
  });
});

describe('while the change to running is on its way to the store', () => {
  /** What is appended by others just before the first commit of the loop, unheard of by its node. */
  async function overtake(model: Model, ...events: NewEvent[]): Promise<LoopWorld> {
    const world = thinking(model);
    let overtaken = false;
    world.store.beforeAppend = () => {
      if (overtaken) return;
      overtaken = true;
      world.unheard(...events);
    };
    await world.begin(message('go'));
    return world;
  }

  it('a pause is met at once: nobody waits for the step that was begun', async () => {
    const model = new Model();
    await using world = await overtake(model, change('paused'));
    expect(world.lines).toEqual(['user message', 'user change_agent_state', 'running of 0', 'paused of 1']);
    expect(model.asked[0]?.signal.aborted).toBe(true);
  });

  it('a second message is met at once: the agent is asked anew, and runs for all to see', async () => {
    const model = new Model();
    await using world = await overtake(model, message('and this'));
    expect(world.lines).toEqual(['user message', 'user message', 'running of 0']);
    expect(model.asked.map((context) => context.signal.aborted)).toEqual([true, false]);
    model.answer(say('Both done.'));
    await world.settle();
    expect(world.lines.slice(3)).toEqual(['agent message', 'awaiting_user_input']);
  });

  it('an answer that was given at once is dropped with it, and given again with what came', async () => {
    const seen: number[] = [];
    await using world: LoopWorld = new LoopWorld({
      agent: scriptedAgent([
        () => {
          seen.push(world.log.filter((event) => isAction(event) && event.source === 'user').length);
          return say('Hello.');
        },
      ]),
    });
    world.store.beforeAppend = () => {
      world.store.beforeAppend = null;
      world.unheard(message('and this'));
    };
    await world.begin(message('go'));
    expect(seen).toEqual([1, 2]);
    expect(world.lines).toEqual([
      'user message',
      'user message',
      'running of 0',
      'agent message',
      'awaiting_user_input',
    ]);
  });
});

describe('while a command runs', () => {
  it.each(halts)('%s interrupts it at once; it is answered, then the agent is so', async (_what, to) => {
    await using world = working();
    await world.begin(message('go'));
    expect(world.executed).toEqual(['make: under way']);
    await world.user(change(to));
    await world.settle();
    expect(world.executed).toEqual(['make: interrupted']);
    expect(world.lines.slice(2)).toEqual([
      'agent run confirmed',
      'user change_agent_state',
      'error of 2',
      `${to} of 3`,
    ]);
    expect(world.log[4]).toMatchObject({
      content: expect.stringMatching(/^Interrupted: the agent was (paused|stopped)/),
      extras: { error_id: 'AGENT_ERROR$INTERRUPTED' },
    });
    expect(world.record).toMatchObject({ executing: null, agentState: to, due: false });
    expect(world.timers).toBe(0);
  });

  it('what it has printed until then is in its answer', async () => {
    await using world = new LoopWorld({
      agent: scriptedAgent([runCommand('make')]),
      openRuntime: async () => ({
        workspace: '/workspace',
        execute: (_action, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () =>
              resolve({
                observation: 'run',
                content: 'compiling main.c',
                extras: { command: 'make', hidden: false, metadata: metadata },
              }),
            );
          }),
        interrupt: async () => {},
        [Symbol.asyncDispose]: async () => {},
      }),
    });
    await world.begin(message('go'));
    await world.user(change('stopped'));
    await world.settle();
    expect(world.log[4]).toMatchObject({ observation: 'error', cause: 2 });
    expect(String(Object(world.log[4]).content)).toMatch(/Output until then:\ncompiling main\.c/);
  });

  it('a close interrupts it, and the loop ends with what it holds', async () => {
    await using world = working();
    const loop = await world.begin(message('go'));
    await world.close();
    expect(await ending(world, loop)).toBe('closed');
    expect(world.executed).toEqual(['make: interrupted']);
    expect(world.lines.slice(3)).toEqual(['environment change_agent_state', 'error of 2', 'stopped of 3']);
    expect(loop.released).toBe(true);
  });

  it('a message does not: the agent meets it when the command has ended', async () => {
    await using world = working();
    await world.begin(message('go'));
    await world.user(message('thanks'));
    await world.clock.advance(60_000);
    expect(world.executed).toEqual(['make: answered']);
    expect(world.lines.slice(3)).toEqual([
      'user message',
      'run of 2',
      'agent message',
      'awaiting_user_input',
    ]);
  });

  it('of the user, a stop interrupts it too', async () => {
    await using world = working();
    await world.begin(ownRun('sleep'));
    await world.user(change('stopped'));
    await world.settle();
    expect(world.executed).toEqual(['sleep: interrupted']);
    expect(world.lines.slice(1)).toEqual(['user change_agent_state', 'error of 0', 'stopped of 1']);
    expect(world.log[2]).toMatchObject({ source: 'user' });
  });

  it('of the agent, a command of the user waits for its end, and is then carried out before anything else', async () => {
    await using world = working({
      script: ({ args }) => ('command' in args && args.command === 'make' ? { afterMs: 60_000 } : {}),
    });
    await world.begin(message('go'));
    await world.user(ownRun('ls'));
    await world.settle();
    expect(world.executed).toEqual(['make: under way']);
    await world.clock.advance(60_000);
    expect(world.executed).toEqual(['make: answered', 'ls: answered']);
    expect(world.lines.slice(2)).toEqual([
      'agent run confirmed',
      'user run confirmed',
      'run of 2',
      'run of 3',
      'agent message',
      'awaiting_user_input',
    ]);
  });

  it('of the user, a pause that is refused does not touch it', async () => {
    await using world = working({ agent: scriptedAgent([say('Hello.')]) });
    await world.begin(message('go'));
    await world.user(ownRun('sleep'), change('paused'));
    await world.clock.advance(60_000);
    expect(world.executed).toEqual(['sleep: answered']);
    expect(world.lines.slice(4)).toEqual([
      'user run confirmed',
      'user change_agent_state',
      'run of 4',
      'error of 5',
    ]);
  });

  it('one that does not heed its signal is left to itself after a while, and answered', async () => {
    await using world = new LoopWorld({
      agent: scriptedAgent([runCommand('make')]),
      openRuntime: async () => ({
        workspace: '/workspace',
        execute: () => new Promise(() => {}),
        interrupt: async () => {},
        [Symbol.asyncDispose]: async () => {},
      }),
    });
    await world.begin(message('go'));
    await world.user(change('paused'));
    await world.clock.advance(3_000);
    expect(world.lines.slice(3)).toEqual(['user change_agent_state', 'error of 2', 'paused of 3']);
  });

  it('one that the agent has proposed when the pause comes does not begin', async () => {
    await using world: LoopWorld = new LoopWorld({ agent: scriptedAgent([runCommand('make')]) });
    world.store.beforeAppend = async ({ events }) => {
      if (!events.some((event) => isAction(event) && event.action === 'run')) return;
      world.store.beforeAppend = null;
      world.unheard(change('stopped'));
    };
    await world.begin(message('go'));
    expect(world.executed).toEqual([]);
    expect(world.lines).toEqual(['user message', 'user change_agent_state', 'stopped of 1']);
  });

  it('one of the user that is stopped while it is named as under way is answered, and does not begin', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([]) });
    await world.store.open();
    await world.user(ownRun('make'));
    const mark = world.store.markExecuting.bind(world.store);
    world.store.markExecuting = async (...args) => {
      const marked = await mark(...args);
      await world.user(change('stopped'));
      return marked;
    };
    await world.start();
    await world.settle();
    expect(world.executed).toEqual([]);
    expect(world.lines).toEqual([
      'user run confirmed',
      'user change_agent_state',
      'error of 0',
      'stopped of 1',
    ]);
    expect(world.record.executing).toBeNull();
  });

  it('one of the user that is named as under way when a server has no more time is answered, and does not begin', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([]) });
    const loop = await world.begin(change('running'));
    const mark = world.store.markExecuting.bind(world.store);
    let stopped: Promise<unknown> = Promise.resolve();
    world.store.markExecuting = async (...args) => {
      const marked = await mark(...args);
      stopped = loop.stop(10);
      await world.clock.advance(20);
      return marked;
    };
    await world.user(ownRun('make'));
    await world.settle();
    await stopped;
    expect(world.executed).toEqual([]);
    expect(world.lines.slice(-2)).toEqual(['user run confirmed', `error of ${world.log.length - 2}`]);
    expect(world.record).toMatchObject({ executing: null, owner: null });
  });
});

const metadata = {
  exit_code: -1,
  pid: -1,
  username: null,
  hostname: null,
  working_dir: null,
  py_interpreter_path: null,
  prefix: '',
  suffix: '',
};

describe('closing at rest', () => {
  it('stops the conversation in one commit, and the loop ends', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([say('Hello.')]) });
    const loop = await world.begin(message('go'));
    expect(await loop.closeIfIdle()).toBe(true);
    expect(await ending(world, loop)).toBe('closed');
    expect(world.commits.at(-1)).toEqual(['environment change_agent_state', 'stopped of 4']);
    expect(world.record).toMatchObject({
      desired: 'stopped',
      due: false,
      owner: null,
      agentState: 'stopped',
    });
  });

  it('is refused where something has happened that the loop has not heard of', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([say('Hello.'), say('Again.')]) });
    const loop = await world.begin(message('go'));
    world.unheard(message('are you there?'));
    expect(await loop.closeIfIdle()).toBe(false);
    await world.settle();
    expect(world.record.desired).toBe('running');
    expect(world.lines.slice(4)).toEqual([
      'user message',
      'running of 4',
      'agent message',
      'awaiting_user_input',
    ]);
  });

  it('is refused where something happens meanwhile', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([say('Hello.'), say('Again.')]) });
    const loop = await world.begin(message('go'));
    const [closed] = await Promise.all([loop.closeIfIdle(), world.user(message('are you there?'))]);
    expect(closed).toBe(false);
    await world.settle();
    expect(world.record.desired).toBe('running');
    expect(world.lines.at(-1)).toBe('awaiting_user_input');
  });

  it.each<[string, () => LoopWorld]>([
    ['thinks', () => thinking(new Model())],
    ['works', () => working()],
  ])('is refused while the agent %s', async (_what, make) => {
    await using world = make();
    const loop = await world.begin(message('go'));
    expect(await loop.closeIfIdle()).toBe(false);
    expect(world.record.desired).toBe('running');
  });

  it('is refused while a command of the user runs, though the agent rests', async () => {
    await using world = working();
    const loop = await world.begin(ownRun('sleep'));
    expect(loop.agentState).toBe('loading');
    await using rested = working({ agent: scriptedAgent([say('Hello.')]) });
    const other = await rested.begin(message('go'));
    await rested.user(ownRun('sleep'));
    await rested.settle();
    expect(other.agentState).toBe('awaiting_user_input');
    expect(await other.closeIfIdle()).toBe(false);
    expect(rested.executed).toEqual(['sleep: under way']);
  });

  it('rejects the action that awaits confirmation', async () => {
    await using world = working({ limits: { confirmationMode: true } });
    const loop = await world.begin(message('go'));
    expect(await loop.closeIfIdle()).toBe(true);
    expect(world.commits.at(-1)).toEqual([
      'environment change_agent_state',
      'user_rejected',
      'agent run rejected of 2',
      'user_rejected of 6',
      'stopped of 4',
    ]);
  });

  it('is known to be refused by every caller, and to have happened by every caller', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([say('Hello.')]) });
    const loop = await world.begin(message('go'));
    expect(await Promise.all([loop.closeIfIdle(), loop.closeIfIdle()])).toEqual([true, true]);
    expect(await loop.closeIfIdle()).toBe(false);
  });
});

describe('how long it has rested', () => {
  it('counts from when the agent came to rest, and from when somebody left', async () => {
    await using world = working();
    const loop = await world.begin(message('go'));
    expect(loop.idleSince).toBeNull();
    await world.clock.advance(60_000);
    expect(loop.idleSince).toBe(60_000);
    await world.clock.advance(500);
    loop.touch();
    expect(loop.idleSince).toBe(60_500);
  });

  it('is nothing while a command of the user runs', async () => {
    await using world = working({ agent: scriptedAgent([say('Hello.')]) });
    const loop = await world.begin(message('go'));
    expect(loop.idleSince).toBe(0);
    await world.user(ownRun('sleep'));
    await world.settle();
    expect(loop.idleSince).toBeNull();
  });
});
