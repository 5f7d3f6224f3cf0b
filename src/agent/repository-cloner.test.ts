import { describe, expect, it } from 'vitest';
import { change, EventLog, entered, lines, message, ownRun } from '../../test/fixtures/event-log.ts';
import { LoopWorld } from '../../test/fixtures/loop-world.ts';
import { ConveneError } from '../errors.ts';
import type { NewEvent } from '../events/event.ts';
import { errorObservation, repositoryObservation } from '../events/observations.ts';
import { type ClonedRepository, CloneError } from '../runtime/repositories.ts';
import { scriptedAgent } from '../testing/scripted-agent.ts';
import { say } from './actions.ts';
import { decide, type LoopLimits } from './decide.ts';
import { requests } from './loop-state.ts';
import type { SelectedRepository } from './repository-cloner.ts';

const limits: LoopLimits = {
  maxIterations: 10,
  maxBudget: null,
  confirmationMode: false,
  reactive: false,
  clones: true,
};
const there: NewEvent = {
  ...repositoryObservation('Cloned.', { name: 'a/b', branch: 'main', folder: 'b' }),
  source: 'agent',
};
const failure: NewEvent = { ...errorObservation('Gone.', 'AGENT_ERROR$REPOSITORY'), source: 'environment' };

describe('what is decided of a repository', () => {
  const next = (...events: NewEvent[]): string => {
    const decision = decide(new EventLog(undefined, events).state, limits);
    return decision.do === 'append' ? lines(decision.batch.events).join() : decision.do;
  };

  it('it is cloned before the first step, and not in the commit that makes the agent run', () => {
    const { state } = new EventLog(undefined, [message('go')]);
    expect(decide(state, limits)).toMatchObject({ do: 'append', thenStep: false });
    expect(next(message('go'), entered('running', 0))).toBe('clone');
    expect(next(message('go'), entered('running', 0), there)).toBe('step');
  });

  it('the conversation is loading until it is there', () => {
    expect(next(requests.start)).toBe('loading of 0');
    expect(next(requests.start, entered('loading', 0))).toBe('clone');
    expect(next(requests.start, entered('loading', 0), there)).toBe('awaiting_user_input');
    expect(next(entered('stopped'), requests.start)).toBe('loading of 1');
  });

  it('another attempt is made when a user lets the agent go on, and not before', () => {
    const failed = [message('go'), entered('running', 0), failure, entered('error')];
    expect(next(...failed)).toBe('wait');
    expect(next(...failed, ownRun('ls'))).toBe('execute');
    expect(next(...failed, message('again'), entered('running', 4))).toBe('clone');
    expect(next(...failed, change('running'), entered('running', 4))).toBe('clone');
    expect(next(...failed, entered('stopped'), requests.start, entered('loading', 5))).toBe('clone');
  });

  it.each(['paused', 'stopped'] as const)('nothing is cloned while the agent is %s', (state) => {
    const held = [message('go'), entered('running', 0), change(state), entered(state, 2)];
    expect(next(...held)).toBe('wait');
    expect(next(...held, change('running'), entered('running', 4))).toBe('clone');
  });
});

/** Clones that end when they are told to. */
class Clones {
  readonly begun: { readonly signal: AbortSignal; readonly end: PromiseWithResolvers<ClonedRepository> }[] =
    [];
  readonly repository: SelectedRepository = {
    name: 'a/b',
    clone: ({ signal }) => {
      const end = Promise.withResolvers<ClonedRepository>();
      signal.addEventListener('abort', () => end.reject(signal.reason), { once: true });
      this.begun.push({ signal, end });
      return end.promise;
    },
  };

  get under(): number {
    return this.begun.filter(({ signal }) => !signal.aborted).length;
  }

  done(): void {
    this.begun.at(-1)?.end.resolve({ folder: 'b', branch: 'main', kept: false });
  }

  fail(error: Error): void {
    this.begun.at(-1)?.end.reject(error);
  }
}

function worldWith(clones: Clones): LoopWorld {
  return new LoopWorld({ agent: scriptedAgent([say('Hello.')]), repository: clones.repository });
}

describe('the loop', () => {
  it('clones, says so in the log, and steps', async () => {
    const clones = new Clones();
    await using world = worldWith(clones);
    await world.begin(message('go'));
    expect(world.lines).toEqual(['user message', 'running of 0']);
    clones.done();
    await world.settle();
    expect(world.lines.slice(2)).toEqual(['success', 'agent message', 'awaiting_user_input']);
  });

  it('begins no clone without the lease', async () => {
    const clones = new Clones();
    await using world = worldWith(clones);
    await world.store.open();
    await world.user(message('go'), entered('running', 0));
    world.holdsLease = false;
    const loop = await world.start();
    await world.settle();
    expect(await loop.ended).toBe('lease lost');
    expect(clones.begun).toEqual([]);
  });

  it('aborts it at a stop, and appends nothing of it', async () => {
    const clones = new Clones();
    await using world = worldWith(clones);
    await world.begin(message('go'));
    await world.user(change('stopped'));
    await world.settle();
    expect(clones.under).toBe(0);
    expect(world.lines.slice(2)).toEqual(['user change_agent_state', 'stopped of 2']);
    expect(world.errors).toEqual([]);
  });

  it('has one under way at a time, whoever runs the loop', async () => {
    const clones = new Clones();
    await using world = worldWith(clones);
    const loop = await world.begin(message('go'));
    loop.abandon('fenced');
    await world.settle();
    expect(clones.under).toBe(0);
    await world.start();
    await world.settle();
    expect(clones.under).toBe(1);
    clones.done();
    await world.settle();
    expect(world.lines.filter((line) => line === 'success')).toHaveLength(1);
  });

  it('ends in the state error where it fails, and shows why', async () => {
    const clones = new Clones();
    await using world = worldWith(clones);
    await world.begin(message('go'));
    clones.fail(new CloneError('not found', 'Could not clone a/b: gone.'));
    await world.settle();
    expect(world.lines.slice(2)).toEqual(['error', 'error']);
    const message_ = 'Could not clone a/b: gone. Send a message to try again.';
    expect(world.log[2]).toMatchObject({ content: message_, source: 'environment' });
    expect(world.frames.at(-1)).toMatchObject({
      level: 'error',
      id: 'STATUS$ERROR_REPOSITORY',
      message: message_,
    });
    expect(world.errors).toEqual([]);
  });

  it('reports what nobody has foreseen, and shows nothing of it', async () => {
    const clones = new Clones();
    await using world = worldWith(clones);
    await world.begin(message('go'));
    const error = new Error('EACCES /secret');
    clones.fail(error);
    await world.settle();
    expect(world.errors).toEqual([error]);
    expect(JSON.stringify([world.log, world.frames])).not.toContain('/secret');
    await world.user(message('again'));
    await world.settle();
    clones.fail(new ConveneError('runtime_unavailable'));
    await world.settle();
    expect(world.errors).toEqual([error]);
  });

  it('tries again where a message came while it failed', async () => {
    const clones = new Clones();
    await using world = worldWith(clones);
    await world.begin(message('go'));
    world.unheard(message('and more'));
    clones.fail(new CloneError('unreachable', 'Could not clone a/b: away.'));
    await world.settle();
    expect(clones.begun).toHaveLength(2);
    clones.done();
    await world.settle();
    expect(world.lines).not.toContain('error');
  });
});
