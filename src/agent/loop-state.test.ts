import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  body,
  change,
  does,
  EventLog,
  entered,
  erred,
  foldFrom,
  message,
  ownRun,
  ran,
} from '../../test/fixtures/event-log.ts';
import { agentStates } from '../events/agent-state.ts';
import { isAction, isObservation, type NewEvent } from '../events/event.ts';
import { scriptedAgent } from '../testing/scripted-agent.ts';
import { finish, runCommand, say } from './actions.ts';
import { decide, failed, type LoopLimits, propose } from './decide.ts';
import { hasWish, type LoopState, requests, wantsToRun } from './loop-state.ts';

const agent = scriptedAgent([]);

function stateOf(...events: NewEvent[]): LoopState {
  return new EventLog(agent, events).state;
}

describe('the inbox', () => {
  it('holds what users and the manager ask for, in the order of the log', () => {
    const { inbox } = stateOf(
      message('go'),
      change('user_confirmed', 7),
      ownRun('ls'),
      requests.start,
      requests.close,
    );
    expect(inbox).toEqual([
      { kind: 'message', id: 0 },
      { kind: 'change', id: 1, to: 'user_confirmed', actionId: 7 },
      { kind: 'run', id: 2, action: expect.objectContaining({ action: 'run' }) },
      { kind: 'start', id: 3 },
      { kind: 'close', id: 4 },
    ]);
  });

  it('loses an item with the event that names it as its cause', () => {
    const { inbox } = stateOf(ownRun('one'), change('paused'), ran(0), erred(1));
    expect(inbox).toEqual([]);
  });

  it('keeps a command as it was asked for, without its place in the log', () => {
    const { inbox } = stateOf({ ...ownRun('ls'), timeout: 3 });
    expect(inbox[0]).toEqual({
      kind: 'run',
      id: 0,
      action: { action: 'run', args: { command: 'ls', confirmation_state: 'confirmed' }, timeout: 3 },
    });
  });

  it('holds no message while the agent runs, whether it came then or before', () => {
    expect(stateOf(entered('running'), message('go')).inbox).toEqual([]);
    expect(stateOf(message('one'), message('two'), entered('running', 0)).inbox).toEqual([]);
  });

  it('holds a message behind a command until that is answered: order is kept', () => {
    const events = [entered('running'), ownRun('ls'), message('go')];
    expect(stateOf(...events).inbox.map((item) => item.kind)).toEqual(['run', 'message']);
    expect(stateOf(...events, ran(1)).inbox).toEqual([]);
  });

  it('does not take what agents and servers do for a wish', () => {
    const { inbox } = stateOf(
      does(say('hm')),
      does(runCommand('ls')),
      { ...message('hello'), source: 'environment' },
      { ...change('paused'), source: 'environment' },
      { ...change('paused'), source: 'agent' },
    );
    expect(inbox).toEqual([]);
  });

  it('loses all that stood before a stop, and nothing that came after it', () => {
    const { inbox } = stateOf(
      message('one'),
      ownRun('ls'),
      change('stopped'),
      message('two'),
      entered('stopped', 2),
    );
    expect(inbox).toEqual([{ kind: 'message', id: 3 }]);
  });

  it('loses the messages that a pause has overtaken, and keeps the commands', () => {
    const { inbox } = stateOf(
      ownRun('ls'),
      message('one'),
      change('paused'),
      message('two'),
      entered('paused', 2),
    );
    expect(inbox.map((item) => item.id)).toEqual([0, 3]);
  });
});

describe('a wish to run', () => {
  it.each(agentStates)('to %s', (state) => {
    const wishes = ['running', 'user_confirmed', 'user_rejected'];
    expect(wantsToRun(state)).toBe(wishes.includes(state));
    expect(hasWish(stateOf(change(state)))).toBe(wishes.includes(state));
  });

  it.each<[string, NewEvent, boolean]>([
    ['a message', message('go'), true],
    ['a command', ownRun('ls'), true],
    ['a start', requests.start, true],
    ['an action of the agent', does(say('hm')), false],
  ])('%s', (_what, event, wishes) => {
    expect(hasWish(stateOf(event))).toBe(wishes);
  });
});

describe('what is under way', () => {
  it('is the action of the agent that has no observation yet', () => {
    expect(stateOf(does(runCommand('ls'))).executing).toMatchObject({ id: 0, action: { action: 'run' } });
    expect(stateOf(does(runCommand('ls')), ran(0)).executing).toBeNull();
  });

  it('is not ended by the observation of something else', () => {
    expect(stateOf(ownRun('ls'), does(runCommand('make')), ran(0)).executing?.id).toBe(1);
  });

  it('is no action that waits for the user, was rejected, or needs no carrying out', () => {
    const held = (confirmation_state: 'awaiting_confirmation' | 'rejected') =>
      does({ ...runCommand('ls'), args: { ...runCommand('ls').args, confirmation_state } });
    expect(stateOf(held('awaiting_confirmation'))).toMatchObject({ executing: null, pending: { id: 0 } });
    expect(stateOf(held('awaiting_confirmation'), { ...held('rejected'), cause: 0 })).toMatchObject({
      executing: null,
      pending: null,
    });
    expect(stateOf(does(say('hm'))).executing).toBeNull();
    expect(stateOf(does(finish())).executing).toBeNull();
  });
});

describe('what is counted', () => {
  it('is each action of the agent, once', () => {
    expect(stateOf(does(say('one')), ownRun('ls'), message('go'), does(runCommand('ls'))).iterations).toBe(2);
  });

  it('is the newest cost that an action names', () => {
    expect(
      stateOf(does(say('one'), { cost: 1 }), does(say('two'), { cost: 3 }), does(say('three'))).cost,
    ).toBe(3);
  });

  it('is counted from anew when a user lets an agent go on that reached a limit', () => {
    const reached = failed('Enough.', 'AGENT_ERROR$MAX_ITERATIONS').events;
    const events = [does(say('one')), does(say('two')), ...reached];
    expect(stateOf(...events)).toMatchObject({ limitReached: 'iterations', iterationBase: 0 });
    expect(stateOf(...events, entered('running'))).toMatchObject({ limitReached: null, iterationBase: 2 });
  });

  it('is not counted from anew by another error', () => {
    const events = [does(say('one')), ...failed('Oh.', 'AGENT_ERROR$STEP').events, entered('running')];
    expect(stateOf(...events)).toMatchObject({ limitReached: null, iterationBase: 0 });
  });
});

describe('a kind that this version does not know', () => {
  const later: NewEvent[] = [
    { ...body({ action: 'telepathy', args: { to: 'you' } }), source: 'user' },
    { ...body({ action: 'telepathy' }), source: 'environment' },
    { ...body({ observation: 'telepathy', content: 'yes' }), source: 'environment' },
    { ...body({ observation: 'telepathy', content: { not: 'text' } }), source: 'agent', cause: 99 },
  ];

  it.each(later)('is passed over: $source $action $observation', (event) => {
    const before = [message('go'), entered('running', 0), does(runCommand('ls'))];
    expect(stateOf(...before, event)).toEqual({ ...stateOf(...before), lastId: 3 });
  });

  it('is one more action where the agent did it, and nothing is carried out for it', () => {
    const event: NewEvent = { ...body({ action: 'telepathy', args: {} }), source: 'agent' };
    expect(stateOf(event)).toMatchObject({ iterations: 1, executing: null, pending: null, inbox: [] });
  });
});

/** Something happens in a conversation, or its loop makes so many decisions. */
type Happening = { readonly event: NewEvent } | { readonly decisions: number; readonly pick: number };

const proposals = [
  null,
  say('hm', false),
  say('well?'),
  runCommand('ls'),
  runCommand('ls'),
  { ...say('costly', false), cost: 0.4 },
  finish(),
];

/** Seldom legal: ids of anything at all. */
const anyId = fc.nat(60);

const decisions: fc.Arbitrary<Happening> = fc.record({
  decisions: fc.integer({ min: 1, max: 4 }),
  pick: fc.nat(1000),
});

const wishes: fc.Arbitrary<Happening> = fc.record({
  event: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('go', 'more').map(message) },
    { weight: 2, arbitrary: fc.constantFrom('ls', 'make').map(ownRun) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.constantFrom(...agentStates), fc.option(anyId, { nil: undefined }))
        .map(([state, id]) => change(state, id)),
    },
    fc.constantFrom(requests.start, requests.close),
  ),
});

/** What no loop of this version writes. */
const noise: fc.Arbitrary<Happening> = fc.record({
  event: fc.oneof(
    fc.constant<NewEvent>({ ...body({ action: 'telepathy', args: {} }), source: 'user' }),
    anyId.map<NewEvent>((cause) => ({
      ...body({ observation: 'telepathy', content: '' }),
      source: 'agent',
      cause,
    })),
    anyId.map((cause) => entered('stopped', cause)),
  ),
});

function worldsOf(happening: fc.Arbitrary<Happening>) {
  return fc.record({
    happenings: fc.array(happening, { maxLength: 40 }),
    limits: fc.record<LoopLimits>({
      maxIterations: fc.integer({ min: 1, max: 6 }),
      maxBudget: fc.constantFrom(null, 1),
      confirmationMode: fc.boolean(),
      reactive: fc.boolean(),
    }),
  });
}

const honestWorlds = worldsOf(fc.oneof(decisions, wishes));
const worlds = worldsOf(
  fc.oneof(
    { weight: 4, arbitrary: decisions },
    { weight: 4, arbitrary: wishes },
    { weight: 1, arbitrary: noise },
  ),
);

/** The log of a conversation whose loop does what is decided. */
function logOf(world: { happenings: readonly Happening[]; limits: LoopLimits }): EventLog {
  const log = new EventLog(agent);
  for (const happening of world.happenings) {
    if ('event' in happening) {
      log.append(happening.event);
      continue;
    }
    for (let turn = 0; turn < happening.decisions; turn += 1)
      carryOut(log, world.limits, happening.pick + turn);
  }
  return log;
}

function carryOut(log: EventLog, limits: LoopLimits, pick: number): boolean {
  const { state } = log;
  const decision = decide(state, limits);
  switch (decision.do) {
    case 'wait':
    case 'clone':
      return false;
    case 'append':
      log.append(...decision.batch.events);
      return true;
    case 'step':
      log.append(...propose(state, limits, proposals[pick % proposals.length] ?? null).events);
      return true;
    case 'execute':
      log.append({ ...ran(decision.id), source: decision.own ? 'user' : 'agent' });
      return true;
    case 'abandon':
      log.append(erred(decision.id, decision.why));
      return true;
  }
}

describe('the fold', () => {
  it('of the same log is the same state', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { events } = logOf(world);
        expect(foldFrom(agent, events)).toEqual(foldFrom(agent, events));
      }),
    );
  });

  it('of a snapshot, written down anywhere and read again, and the rest is the fold of it all', () => {
    fc.assert(
      fc.property(worlds, fc.nat(), (world, where) => {
        const { events } = logOf(world);
        const at = where % (events.length + 1);
        const snapshot: LoopState = JSON.parse(JSON.stringify(foldFrom(agent, events.slice(0, at))));
        expect(foldFrom(agent, events.slice(at), snapshot)).toEqual(foldFrom(agent, events));
      }),
      { numRuns: 300 },
    );
  });

  it('knows each id that it was given last', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { events, state } = logOf(world);
        expect(state.lastId).toBe(events.length - 1);
      }),
    );
  });

  it('leaves nothing unmet once the loop has come to rest, and every command is answered once', () => {
    fc.assert(
      fc.property(honestWorlds, (world) => {
        const log = logOf(world);
        let turns = 0;
        while (carryOut(log, world.limits, 0)) {
          turns += 1;
          expect(turns).toBeLessThan(200);
        }
        expect(log.state).toMatchObject({ inbox: [], executing: null });
        for (const event of log.events) {
          if (!isAction(event) || event.action !== 'run') continue;
          const held = event.args.confirmation_state === 'awaiting_confirmation';
          const answers = log.events.filter((one) => isObservation(one) && one.cause === event.id);
          expect(answers.length, `answers to ${event.id}`).toBe(held ? 0 : 1);
        }
      }),
      { numRuns: 300 },
    );
  });
});
