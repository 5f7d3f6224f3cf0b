/** What a loop does about its epoch, its lease, its store, its shutdown, and what an earlier owner left behind. */
import { describe, expect, it } from 'vitest';
import { change, entered, lines, message, ownRun } from '../../test/fixtures/event-log.ts';
import { ending, LoopWorld, type LoopWorldOptions, SID } from '../../test/fixtures/loop-world.ts';
import { delay } from '../clock.ts';
import { ConveneError } from '../errors.ts';
import { isAction } from '../events/event.ts';
import { writerOf } from '../store/event-store.ts';
import { scriptedAgent } from '../testing/scripted-agent.ts';
import { runCommand, say } from './actions.ts';
import type { Agent } from './agent.ts';
import { requests } from './loop-state.ts';

/** The agent's commands take a minute. */
function working(options: Partial<LoopWorldOptions> = {}): LoopWorld {
  return new LoopWorld({
    agent: scriptedAgent([runCommand('make'), runCommand('test'), say('Made.')]),
    script: () => ({ content: 'done', afterMs: 60_000 }),
    ...options,
  });
}

describe('an owner that comes after another', () => {
  it('answers the action that was under way as interrupted, does not repeat it, and goes on', async () => {
    await using world = working();
    const first = await world.begin(message('go'));
    first.abandon('lease lost');
    await world.start();
    await world.settle();
    expect(world.lines.slice(2)).toEqual(['agent run confirmed', 'error of 2', 'agent run confirmed']);
    expect(world.log[3]).toMatchObject({
      source: 'agent',
      content: expect.stringMatching(/^Interrupted: .* may or may not have taken effect\.$/),
    });
    expect(world.executed).toEqual(['make: interrupted', 'test: under way']);
  });

  it('does so also where the one before it has written nothing since', async () => {
    await using world = working();
    await world.begin(message('go'));
    await world.start();
    await world.settle();
    expect(world.lines.filter((line) => line === 'error of 2')).toHaveLength(1);
    await world.start();
    await world.settle();
    expect(world.lines.filter((line) => line === 'error of 2')).toHaveLength(1);
  });

  it('answers as the user’s what was the user’s own', async () => {
    await using world = working();
    const first = await world.begin(ownRun('sleep'));
    first.abandon('lease lost');
    await world.start();
    await world.settle();
    expect(world.log[1]).toMatchObject({ observation: 'error', source: 'user', cause: 0 });
    expect(world.executed).toEqual(['sleep: interrupted']);
    expect(world.record).toMatchObject({ executing: null, due: false });
  });

  it('knows all that was stored before its claim, though its node has not heard of it', async () => {
    await using world = working();
    await world.store.open();
    await world.user(change('stopped'));
    await world.streams.followLive(SID, { deliver: () => true });
    world.unheard(ownRun('sleep'));
    await world.store.claim(SID, 'another node');
    await world.store.markExecuting(SID, 1, 1);
    await world.start();
    await world.settle();
    expect(world.log[2]).toMatchObject({ observation: 'error', source: 'user', cause: 1 });
    expect(world.executed).toEqual([]);
  });

  it('carries out a command of the user that was not begun', async () => {
    await using world = working();
    const first = await world.begin(message('go'), ownRun('ls'));
    await world.user(ownRun('pwd'));
    expect(world.executed).toEqual(['ls: under way']);
    first.abandon('lease lost');
    await world.start();
    await world.clock.advance(60_000);
    expect(world.executed.slice(0, 2)).toEqual(['ls: interrupted', 'pwd: answered']);
    expect(world.lines.filter((line) => /of [13]$/.test(line))).toEqual(['error of 1', 'run of 3']);
  });

  it('leaves an action that awaits confirmation as it is', async () => {
    await using world = working({ limits: { confirmationMode: true } });
    const first = await world.begin(message('go'));
    first.abandon('lease lost');
    const length = world.lines.length;
    const second = await world.start();
    await world.settle();
    expect(world.lines).toHaveLength(length);
    expect(second.agentState).toBe('awaiting_user_confirmation');
    await world.user(change('user_confirmed', 2));
    await world.settle();
    expect(world.executed).toEqual(['make: under way']);
  });

  it.each(['paused', 'stopped'] as const)('leaves an agent that is %s as it is', async (state) => {
    await using world = working();
    const first = await world.begin(message('go'));
    await world.user(change(state));
    await world.settle();
    first.abandon('lease lost');
    const length = world.lines.length;
    const second = await world.start();
    await world.settle();
    expect(second.agentState).toBe(state);
    expect(world.lines).toHaveLength(length);
  });

  it('takes an unfinished step again', async () => {
    let asked = 0;
    await using world: LoopWorld = new LoopWorld({
      agent: scriptedAgent([
        ({ signal }) => {
          asked += 1;
          return delay(world.clock, 500, signal).then(() => say('Hello.'));
        },
      ]),
    });
    const first = await world.begin(message('go'));
    first.abandon('lease lost');
    await world.start();
    await world.clock.advance(500);
    expect(asked).toBe(2);
    expect(world.lines.slice(2)).toEqual(['agent message', 'awaiting_user_input']);
  });
});

describe('a loop that is not the owner any more', () => {
  it('ends without a word: what its command came to is not stored', async () => {
    await using world = working();
    const first = await world.begin(message('go'));
    await world.store.claim(SID, 'another node', [world.record.owner ?? '']);
    await world.clock.advance(60_000);
    expect(await ending(world, first)).toBe('fenced');
    expect(world.lines.slice(2)).toEqual(['agent run confirmed']);
    expect(first.released).toBe(false);
    expect(world.record.owner).toBe('another node');
  });

  it('is aborted at once where it is told so', async () => {
    await using world = working();
    const first = await world.begin(message('go'));
    first.abandon('fenced');
    expect(await ending(world, first)).toBe('fenced');
    expect(world.executed).toEqual(['make: interrupted']);
    expect(world.lines).toHaveLength(3);
  });

  it('does not carry out what the new owner carries out', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([]) });
    const first = await world.begin(change('running'));
    await world.store.claim(SID, 'another node', [world.record.owner ?? '']);
    world.core.append({
      sid: SID,
      events: [entered('running'), { ...runCommand('make'), source: 'agent' }],
      at: world.clock.now(),
      writer: writerOf.loop,
      epoch: world.record.epoch,
      set: { executing: 1, agentState: 'running' },
    });
    await world.streams.poll();
    expect(await ending(world, first)).toBe('fenced');
    expect(world.executed).toEqual([]);
  });

  it('begins no command of the user', async () => {
    await using world = working();
    const first = await world.begin(message('go'));
    await world.user(ownRun('ls'));
    const mark = world.store.markExecuting.bind(world.store);
    world.store.markExecuting = async (...args) => {
      await world.store.claim(SID, 'another node', [world.record.owner ?? '']);
      return mark(...args);
    };
    await world.user(change('stopped'), ownRun('pwd'));
    await world.settle();
    expect(await ending(world, first)).toBe('fenced');
    expect(world.executed).toEqual(['make: interrupted']);
  });
});

describe('without its lease', () => {
  it('a loop takes no step', async () => {
    let asked = 0;
    await using world = new LoopWorld({
      agent: scriptedAgent([
        () => {
          asked += 1;
          return say('Hello.');
        },
      ]),
    });
    world.holdsLease = false;
    const loop = await world.begin(message('go'));
    expect(await ending(world, loop)).toBe('lease lost');
    expect(asked).toBe(0);
    expect(world.lines).toEqual(['user message']);
  });

  it('it carries nothing out, neither the agent’s nor a user’s own', async () => {
    await using world = working();
    world.store.beforeAppend = ({ events }) => {
      if (events.some((event) => isAction(event) && event.action === 'run')) world.holdsLease = false;
    };
    const loop = await world.begin(message('go'));
    expect(await ending(world, loop)).toBe('lease lost');
    expect(world.executed).toEqual([]);
    await using other = working();
    other.holdsLease = false;
    const second = await other.begin(ownRun('ls'));
    expect(await ending(other, second)).toBe('lease lost');
    expect(other.executed).toEqual([]);
  });

  it('it carries nothing out though it was held when the runtime began to open', async () => {
    await using world: LoopWorld = working({
      openRuntime: async () => {
        const runtime = await world.runtimes.open(SID);
        world.holdsLease = false;
        return runtime;
      },
    });
    const loop = await world.begin(message('go'));
    expect(await ending(world, loop)).toBe('lease lost');
    expect(world.executed).toEqual([]);
    expect(world.lines.slice(2)).toEqual(['agent run confirmed']);
  });

  it('it carries nothing out though it was held when a user’s own was being named as under way', async () => {
    await using world = working();
    const loop = await world.begin(change('running'));
    const mark = world.store.markExecuting.bind(world.store);
    world.store.markExecuting = async (...args) => {
      const marked = await mark(...args);
      world.holdsLease = false;
      loop.abandon('lease lost');
      return marked;
    };
    await world.user(ownRun('ls'));
    await world.settle();
    expect(await ending(world, loop)).toBe('lease lost');
    expect(world.executed).toEqual([]);
  });

  it('it does not wait for a store that is away', async () => {
    await using world = working();
    const loop = await world.begin(message('go'));
    world.store.away = true;
    world.holdsLease = false;
    await world.clock.advance(60_000);
    expect(await ending(world, loop, 1_000)).toBe('lease lost');
  });
});

describe('while the store is away', () => {
  it('what is to be appended waits, and is appended once when it is back', async () => {
    await using world = working();
    const loop = await world.begin(message('go'));
    world.store.away = true;
    await world.clock.advance(90_000);
    expect(world.lines).toHaveLength(3);
    world.store.away = false;
    await world.clock.advance(2_000);
    expect(world.lines.slice(3)).toEqual(['run of 2', 'agent run confirmed']);
    expect(loop.agentState).toBe('running');
    expect(world.executed).toEqual(['make: answered', 'test: under way']);
  });

  it('a loop opens when it is back', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([say('Hello.')]) });
    await world.store.open();
    await world.user(message('go'));
    const starting = world.start();
    world.store.away = true;
    await starting;
    await world.clock.advance(5_000);
    expect(world.lines).toEqual(['user message']);
    world.store.away = false;
    await world.clock.advance(2_000);
    expect(world.lines.at(-1)).toBe('awaiting_user_input');
  });

  it('a pause that comes through is met without it: the command is interrupted at once', async () => {
    await using world = working();
    await world.begin(message('go'));
    await world.user(change('paused'));
    world.store.away = true;
    await world.settle();
    expect(world.executed).toEqual(['make: interrupted']);
    world.store.away = false;
    await world.clock.advance(2_000);
    expect(world.lines.slice(4)).toEqual(['error of 2', 'paused of 3']);
  });

  it('nothing fails: a snapshot that cannot be saved is only reported', async () => {
    await using world = working({ snapshotEvery: 1, agent: scriptedAgent([say('Hello.')]) });
    world.store.saveSnapshot = () => Promise.reject(new ConveneError('store_unavailable'));
    const loop = await world.begin(message('go'));
    expect(loop.agentState).toBe('awaiting_user_input');
    expect(world.errors).toContainEqual(new ConveneError('store_unavailable'));
  });
});

describe('a commit whose answer was lost', () => {
  it('is not repeated', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([runCommand('ls'), say('Done.')]) });
    await world.store.open();
    await world.user(message('go'));
    world.store.losing = 3;
    await world.start();
    await world.clock.advance(5_000);
    expect(world.lines).toEqual([
      'user message',
      'running of 0',
      'agent run confirmed',
      'run of 2',
      'agent message',
      'awaiting_user_input',
    ]);
    expect(world.executed).toEqual(['ls: answered']);
  });

  it('and a close between it and its repetition, which nobody has told of, leave no close undone', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([say('Hello.')]) });
    const loop = await world.begin(message('go'));
    world.store.beforeAppend = () => {
      world.store.beforeAppend = null;
      world.store.losing = 1;
      world.clock.after(1, () => {
        const set = { desired: 'stopped', due: true } as const;
        const [at, key] = [world.clock.now(), world.clock.id()];
        world.core.append({ sid: SID, events: [requests.close], at, writer: writerOf.system, key, set });
      });
    };
    await world.user(change('user_confirmed'));
    expect(await ending(world, loop, 1_000)).toBe('closed');
    expect(world.record).toMatchObject({ agentState: 'stopped', due: false, owner: null });
  });
});

describe('a snapshot', () => {
  const agent = scriptedAgent(Array.from({ length: 20 }, (_, step) => say(`${step}`, step % 5 === 4)));

  it('is taken after so many events, where the loop comes to rest', async () => {
    await using world = new LoopWorld({ agent, snapshotEvery: 5 });
    await world.begin(message('go'));
    expect(world.store.snapshots.map(({ id }) => id)).toEqual([world.record.head]);
  });

  it('spares the next owner what it holds, and leads to the same', async () => {
    await using world = new LoopWorld({ agent, snapshotEvery: 5 });
    const first = await world.begin(message('go'));
    first.abandon('lease lost');
    const { head } = world.record;
    world.store.queries.length = 0;
    await world.start();
    await world.settle();
    expect(world.store.queries.every(({ after = -1 }) => after >= head)).toBe(true);
    await world.user(message('more'));
    await world.settle();
    const said = world.log.flatMap((event) =>
      isAction(event) && event.action === 'message' && event.source === 'agent' ? [event.args.content] : [],
    );
    expect(said).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  });

  it('of another version of the agent is not read', async () => {
    await using world = new LoopWorld({ agent, snapshotEvery: 5 });
    const first = await world.begin(message('go'));
    first.abandon('lease lost');
    const later: Agent<number> = { ...agent, version: '2' };
    const second = await world.start(later);
    await world.settle();
    expect(second.agentState).toBe('awaiting_user_input');
    expect(world.store.queries.some(({ after }) => after === -1)).toBe(true);
  });

  it('is taken of a long turn too, now and then', async () => {
    const chatty = scriptedAgent(Array.from({ length: 60 }, (_, step) => say(`${step}`, false)));
    await using world = new LoopWorld({ agent: chatty, snapshotEvery: 2, limits: { maxIterations: 1000 } });
    await world.begin(message('go'));
    expect(world.store.snapshots.length).toBeGreaterThan(1);
    expect(world.store.snapshots.length).toBeLessThan(6);
  });
});

describe('a loop that is told to give the conversation up', () => {
  it('at rest does so at once, and says nothing', async () => {
    await using world = new LoopWorld({ agent: scriptedAgent([say('Hello.')]) });
    const loop = await world.begin(message('go'));
    const length = world.lines.length;
    expect(await loop.stop(10_000)).toBe('released');
    expect(world.lines).toHaveLength(length);
    expect(world.record).toMatchObject({ owner: null, desired: 'running', due: false });
    expect(world.timers).toBe(0);
  });

  it('lets a command end within its time, and stores what came of it', async () => {
    await using world = working();
    const loop = await world.begin(message('go'));
    void loop.stop(100_000);
    await world.clock.advance(60_000);
    expect(await ending(world, loop)).toBe('released');
    expect(world.lines.slice(3)).toEqual(['run of 2']);
    expect(world.record).toMatchObject({ owner: null, due: true, executing: null });
  });

  it('interrupts a command that takes longer, and answers it', async () => {
    await using world = working();
    const loop = await world.begin(message('go'));
    void loop.stop(1_000);
    await world.clock.advance(999);
    expect(world.executed).toEqual(['make: under way']);
    await world.clock.advance(1);
    expect(await ending(world, loop)).toBe('released');
    expect(world.executed).toEqual(['make: interrupted']);
    expect(world.log[3]).toMatchObject({
      cause: 2,
      content: expect.stringContaining('the server is shutting down'),
    });
    expect(world.record.executing).toBeNull();
  });

  it('begins nothing more: the message of a user is the next owner’s', async () => {
    await using world = working();
    const loop = await world.begin(message('go'));
    await world.user(ownRun('ls'));
    void loop.stop(100_000);
    await world.clock.advance(60_000);
    expect(await ending(world, loop)).toBe('released');
    expect(world.executed).toEqual(['make: answered']);
    await world.start();
    await world.clock.advance(60_000);
    expect(world.executed.slice(1)).toEqual(['ls: answered', 'test: under way']);
  });

  it('aborts a step that takes longer than its time', async () => {
    await using world: LoopWorld = new LoopWorld({
      agent: scriptedAgent([({ signal }) => delay(world.clock, 5_000, signal).then(() => say('Hello.'))]),
    });
    const loop = await world.begin(message('go'));
    void loop.stop(1_000);
    await world.clock.advance(1_000);
    expect(await ending(world, loop)).toBe('released');
    expect(world.lines).toEqual(['user message', 'running of 0']);
  });

  it('keeps the answer of a step that ends within its time: it was paid for', async () => {
    await using world: LoopWorld = new LoopWorld({
      agent: scriptedAgent([({ signal }) => delay(world.clock, 500, signal).then(() => say('Hello.'))]),
    });
    const loop = await world.begin(message('go'));
    void loop.stop(1_000);
    await world.clock.advance(500);
    expect(await ending(world, loop)).toBe('released');
    expect(world.lines.slice(2)).toEqual(['agent message', 'awaiting_user_input']);
  });

  it('drops a command that a step comes to within its time: the next owner asks the agent again', async () => {
    await using world: LoopWorld = new LoopWorld({
      agent: scriptedAgent([({ signal }) => delay(world.clock, 500, signal).then(() => runCommand('make'))]),
    });
    const loop = await world.begin(message('go'));
    void loop.stop(1_000);
    await world.clock.advance(500);
    expect(await ending(world, loop)).toBe('released');
    expect(world.lines).toEqual(['user message', 'running of 0']);
    await world.start();
    await world.clock.advance(500);
    expect(world.executed).toEqual(['make: answered']);
  });

  it('does not wait for a store that is away beyond its time', async () => {
    await using world = working();
    const loop = await world.begin(message('go'));
    world.store.away = true;
    void loop.stop(1_000);
    expect(await ending(world, loop, 10_000)).toBe('released');
    expect(world.timers).toBe(0);
  });

  it('while it still reads its log, answers what was under way once', async () => {
    await using world = working();
    const first = await world.begin(message('go'));
    first.abandon('lease lost');
    await world.settle();
    // Its own pages and appends are slow to answer; the feed gets ahead of it by what a user does meanwhile.
    const { store } = world;
    const [events, append] = [store.events.bind(store), store.append.bind(store)];
    store.events = async (query) => {
      const page = await events(query);
      if (query.before !== undefined) await delay(world.clock, 50);
      return page;
    };
    store.append = async (request) => {
      const result = await append(request);
      if (request.writer === writerOf.loop) await delay(world.clock, 60);
      return result;
    };
    const second = await world.start();
    await world.clock.advance(20);
    void second.stop(10_000);
    await world.clock.advance(10);
    await world.user(message('and more'));
    expect(await ending(world, second, 1_000)).toBe('released');
    expect(world.lines.filter((line) => line === 'error of 2')).toHaveLength(1);
  });

  it('does not wait for a store that is away from the start', async () => {
    await using world = working();
    await world.store.open();
    await world.user(message('go'));
    const starting = world.start();
    world.store.away = true;
    const loop = await starting;
    void loop.stop(1_000);
    expect(await ending(world, loop, 10_000)).toBe('released');
    expect(world.lines).toEqual(['user message']);
  });
});

describe('the end', () => {
  it('comes with the deletion of the conversation: the command is interrupted, and nothing is written', async () => {
    await using world = working();
    const loop = await world.begin(message('go'));
    await world.store.remove(SID);
    loop.abandon('deleted');
    expect(await ending(world, loop)).toBe('deleted');
    expect(world.executed).toEqual(['make: interrupted']);
    expect(world.errors).toEqual([]);
  });

  it('comes where the loop finds the conversation deleted', async () => {
    await using world = working();
    const loop = await world.begin(message('go'));
    await world.store.remove(SID);
    await world.clock.advance(60_000);
    expect(await ending(world, loop)).toBe('deleted');
  });

  it('disposes of the runtime before the conversation is given up', async () => {
    const order: string[] = [];
    await using world: LoopWorld = new LoopWorld({
      agent: scriptedAgent([runCommand('ls')]),
      openRuntime: async () => {
        const runtime = await world.runtimes.open(SID);
        return {
          workspace: runtime.workspace,
          execute: (action, options) => runtime.execute(action, options),
          interrupt: async () => {},
          [Symbol.asyncDispose]: async () => {
            order.push(`disposed of while ${world.record.owner === null ? 'nobody' : 'somebody'} owns it`);
          },
        };
      },
    });
    const loop = await world.begin(message('go'));
    await loop.stop(0);
    expect(order).toEqual(['disposed of while somebody owns it']);
    expect(world.record.owner).toBeNull();
  });

  it('is a failure where the log cannot be folded, and that is reported', async () => {
    const broken: Agent<null> = {
      name: 'BrokenAgent',
      version: '1',
      initialState: () => null,
      fold: () => {
        throw new Error('cannot fold');
      },
      step: () => null,
    };
    await using world = new LoopWorld({ agent: broken });
    const loop = await world.begin(message('go'));
    expect(await ending(world, loop)).toBe('failed');
    expect(loop.released).toBe(true);
    expect(world.errors).toContainEqual(new Error('cannot fold'));
    expect(lines(world.log)).toEqual(['user message']);
  });
});
