/** What a loop does when nothing is in its way: turns, commits, frames, failures of the agent and of its tools. */
import { describe, expect, it } from 'vitest';
import { change, lines, message, ownRun } from '../../test/fixtures/event-log.ts';
import { LoopWorld } from '../../test/fixtures/loop-world.ts';
import { delay } from '../clock.ts';
import { ConveneError } from '../errors.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { scriptedAgent } from '../testing/scripted-agent.ts';
import { finish, runCommand, say } from './actions.ts';
import { requests } from './loop-state.ts';
import { StepError } from './step-failure.ts';

describe('a turn', () => {
  it('goes from the message to the answer, and rests', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([runCommand('ls'), say('That is all.')]) });
    const loop = await world.begin(message('What is here?'));
    expect(world.lines).toEqual([
      'user message',
      'running of 0',
      'agent run confirmed',
      'run of 2',
      'agent message',
      'awaiting_user_input',
    ]);
    expect(world.executed).toEqual(['ls: answered']);
    expect(loop.agentState).toBe('awaiting_user_input');
    expect(world.record).toMatchObject({ agentState: 'awaiting_user_input', due: false, executing: null });
  });

  it('costs one commit for the change to running and what the agent answers at once', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([runCommand('ls'), say('That is all.')]) });
    await world.begin(message('What is here?'));
    expect(world.commits).toEqual([
      ['running of 0', 'agent run confirmed'],
      ['run of 2'],
      ['agent message', 'awaiting_user_input'],
    ]);
  });

  it('leaves no commit over for saying that everything is met', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([say('Hello.')]) });
    await world.begin(message('Hello?'));
    expect(world.store.commits).toHaveLength(2);
    expect(world.record.due).toBe(false);
  });

  it('shows that the agent runs while it thinks', async () => {
    await using world: LoopWorld = new LoopWorld({
      agent: scriptedAgent([
        async ({ signal }) => {
          await delay(world.clock, 500, signal);
          return say('Hello.');
        },
      ]),
    });
    await world.begin(message('Hello?'));
    expect(world.lines).toEqual(['user message', 'running of 0']);
    await world.clock.advance(500);
    expect(world.commits).toEqual([['running of 0'], ['agent message', 'awaiting_user_input']]);
  });

  it('without a message waits for one', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([]) });
    await world.begin(requests.start);
    expect(world.lines.slice(1)).toEqual(['awaiting_user_input of 0']);
  });

  it('ends where the agent says that the task is done', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([finish('done')]) });
    const loop = await world.begin(message('Do it.'));
    expect(world.lines.slice(2)).toEqual(['agent finish', 'finished']);
    expect(loop.agentState).toBe('finished');
  });

  it('meets the next message where it rests', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([say('one'), say('two')]) });
    await world.begin(message('first'));
    await world.user(message('second'));
    await world.settle();
    expect(world.lines.slice(-3)).toEqual(['running of 4', 'agent message', 'awaiting_user_input']);
  });

  it('holds no timer while it waits', async () => {
    await using world = new LoopWorld({
      agent: scriptedAgent([runCommand('ls')]),
      script: () => ({ afterMs: 9 }),
    });
    await world.begin(message('go'));
    expect(world.timers).toBe(1);
    await world.clock.advance(9);
    expect(world.lines.at(-1)).toBe('awaiting_user_input');
    expect(world.timers).toBe(0);
  });
});

describe('an action', () => {
  it('is durable, and named as the one under way, before it is carried out', async () => {
    const seen: unknown[] = [];
    await using world: LoopWorld = new LoopWorld({
      agent: scriptedAgent([runCommand('ls')]),
      script: () => {
        const { executing } = world.record;
        seen.push(executing === null ? null : world.lines[executing]);
        return {};
      },
    });
    await world.begin(message('go'), ownRun('pwd'));
    expect(seen).toEqual(['user run confirmed', 'agent run confirmed']);
    expect(world.record.executing).toBeNull();
  });

  it('of the user is carried out by the loop in its turn, and answered as the user’s', async () => {
    await using world = new LoopWorld({
      agent: scriptedAgent([]),
      script: () => ({ content: '/workspace', exitCode: 3 }),
    });
    await world.begin(ownRun('pwd'));
    expect(world.log[1]).toMatchObject({
      source: 'user',
      cause: 0,
      content: '/workspace',
      extras: { metadata: { exit_code: 3 } },
    });
    expect(world.lines).toEqual(['user run confirmed', 'run of 0', 'awaiting_user_input']);
  });

  it('is carried out for whoever asked for it', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([runCommand('make')]) });
    await world.begin(message('go'), ownRun('pwd'));
    expect(world.runtimes.executed).toMatchObject([
      { source: 'user', action: { args: { command: 'pwd' } } },
      { source: 'agent', action: { args: { command: 'make' } } },
    ]);
  });

  it('that waits for its user is not carried out before it is confirmed, and once', async () => {
    await using world = new LoopWorld({
      agent: scriptedAgent([runCommand('rm')]),
      limits: { confirmationMode: true },
    });
    await world.begin(message('go'));
    expect(world.lines.slice(1)).toEqual([
      'running of 0',
      'agent run awaiting_confirmation',
      'awaiting_user_confirmation',
    ]);
    expect(world.executed).toEqual([]);
    await world.user(change('user_confirmed', 2), change('user_confirmed', 2));
    await world.settle();
    expect(world.executed).toEqual(['rm: answered']);
    expect(world.lines.slice(6, 9)).toEqual(['user_confirmed of 4', 'agent run confirmed of 2', 'running']);
  });

  it('that fails in the runtime is answered with an error, and the agent goes on', async () => {
    await using world = new LoopWorld({
      agent: scriptedAgent([runCommand('ls'), say('Hm.')]),
      script: () => {
        throw new Error('the disk is gone');
      },
    });
    await world.begin(message('go'));
    expect(world.log[3]).toMatchObject({ observation: 'error', cause: 2, content: 'the disk is gone' });
    expect(world.lines.at(-1)).toBe('awaiting_user_input');
    expect(world.errors).toEqual([new Error('the disk is gone')]);
  });

  it('whose runtime is away is answered so, and that is nothing for the server’s log', async () => {
    await using world = new LoopWorld({
      agent: scriptedAgent([runCommand('ls')]),
      script: () => {
        throw new ConveneError('runtime_unavailable');
      },
    });
    await world.begin(message('go'));
    expect(world.log[3]).toMatchObject({ observation: 'error', cause: 2 });
    expect(world.errors).toEqual([]);
  });

  it('finds a runtime that can be opened again, where it could not be opened before', async () => {
    let opened = 0;
    await using world: LoopWorld = new LoopWorld({
      agent: scriptedAgent([runCommand('one'), runCommand('two')]),
      openRuntime: async (): Promise<Runtime> => {
        opened += 1;
        if (opened === 1) throw new ConveneError('runtime_unavailable');
        return world.runtimes.open('conversation');
      },
    });
    const loop = await world.begin(message('go'));
    expect(world.executed).toEqual(['two: answered']);
    expect(await loop.stop(0)).toBe('released');
    expect(world.errors).toEqual([]);
  });
});

describe('what those who watch are shown', () => {
  it('is what the agent streams, without a secret, also where the secret comes in pieces', async () => {
    await using world = new LoopWorld({
      agent: scriptedAgent([
        ({ stream }) => {
          for (const text of ['The key is sk-', 'SECRET', ', I thi', 'nk.']) stream(text);
          return say('Done.');
        },
      ]),
      secrets: ['sk-SECRET'],
    });
    await world.begin(message('go'));
    const shown = world.frames.map((frame) => (frame.type === 'delta' ? frame.text : ''));
    expect(shown.join('')).toBe('The key is [redacted], I think.');
    expect(world.frames[0]).toMatchObject({ type: 'delta', kind: 'message' });
  });

  it('is the whole of what the agent streams, and all of it before its action is logged', async () => {
    let shown = '';
    await using world: LoopWorld = new LoopWorld({
      agent: scriptedAgent([
        async ({ stream }) => {
          stream('That is sk');
          return say('That is sk');
        },
      ]),
      secrets: ['sk-SECRET'],
    });
    world.store.beforeAppend = ({ events }) => {
      if (lines(events).includes('agent message'))
        shown = world.frames.map((frame) => (frame.type === 'delta' ? frame.text : '')).join('');
    };
    await world.begin(message('go'));
    expect(shown).toBe('That is sk');
  });

  it('is what a command prints, by the id of its action, without a secret', async () => {
    const runtime: Runtime = {
      workspace: '/workspace',
      execute: async (_action, { onOutput }) => {
        for (const text of ['TOKEN=sk-SEC', 'RET\n', 'ok']) onOutput?.(text);
        return { observation: 'think', content: 'TOKEN=sk-SECRET\nok', extras: {} };
      },
      interrupt: async () => {},
      [Symbol.asyncDispose]: async () => {},
    };
    await using world = new LoopWorld({
      agent: scriptedAgent([runCommand('env')]),
      openRuntime: async () => runtime,
      secrets: ['sk-SECRET'],
    });
    await world.begin(message('go'));
    expect(world.frames.every((frame) => frame.type === 'delta' && frame.cause === 2)).toBe(true);
    expect(world.frames.map((frame) => (frame.type === 'delta' ? frame.text : '')).join('')).toBe(
      'TOKEN=[redacted]\nok',
    );
    expect(JSON.stringify(world.log)).not.toContain('SECRET');
  });

  it('is why a step failed, without a secret', async () => {
    await using world = new LoopWorld({
      agent: scriptedAgent([
        () => {
          throw new StepError('The key sk-SECRET was refused.', {
            status: 'STATUS$ERROR_LLM_AUTHENTICATION',
          });
        },
      ]),
      secrets: ['sk-SECRET'],
    });
    await world.begin(message('go'));
    expect(world.frames).toEqual([
      {
        type: 'status',
        level: 'error',
        id: 'STATUS$ERROR_LLM_AUTHENTICATION',
        message: 'The key [redacted] was refused.',
      },
    ]);
    expect(JSON.stringify(world.log)).not.toContain('SECRET');
  });
});

describe('a step that fails', () => {
  it.each<[string, () => never | Promise<never>]>([
    [
      'at once',
      () => {
        throw new TypeError('x is not a function');
      },
    ],
    ['later', () => Promise.reject(new TypeError('x is not a function'))],
  ])('%s without a reason is an error of the agent, and reported', async (_when, step) => {
    await using world = new LoopWorld({ agent: scriptedAgent([step]) });
    const loop = await world.begin(message('go'));
    expect(world.lines.slice(1)).toEqual(['running of 0', 'error', 'error']);
    expect(world.log[2]).toMatchObject({ content: 'The agent failed: x is not a function' });
    expect(loop.agentState).toBe('error');
    expect(world.errors).toEqual([new TypeError('x is not a function')]);
  });

  it('with a reason says it, takes the state that it names, and is nothing for the server’s log', async () => {
    await using world = new LoopWorld({
      agent: scriptedAgent([
        () => {
          throw new StepError('Too many requests.', { state: 'rate_limited', errorId: 'LLM$RATE' });
        },
      ]),
    });
    const loop = await world.begin(message('go'));
    expect(world.log[2]).toMatchObject({ content: 'Too many requests.', extras: { error_id: 'LLM$RATE' } });
    expect(loop.agentState).toBe('rate_limited');
    expect(world.errors).toEqual([]);
  });

  it('is taken again by the next message', async () => {
    let fails = true;
    await using world = new LoopWorld({
      agent: scriptedAgent([
        () => {
          if (fails) throw new StepError('Away.');
          return say('Hello.');
        },
      ]),
    });
    await world.begin(message('go'));
    fails = false;
    await world.user(message('again'));
    await world.settle();
    expect(world.lines.slice(-2)).toEqual(['agent message', 'awaiting_user_input']);
  });
});

describe('the limits', () => {
  it('end the turn, and a message lets the agent go on', async () => {
    const steps = [1, 2, 3, 4].map((step) => runCommand(`step ${step}`));
    await using world = new LoopWorld({ agent: scriptedAgent(steps), limits: { maxIterations: 2 } });
    const loop = await world.begin(message('go'));
    expect(loop.agentState).toBe('error');
    expect(world.executed).toEqual(['step 1: answered', 'step 2: answered']);
    await world.user(message('go on'));
    await world.settle();
    expect(world.executed).toHaveLength(4);
  });
});
