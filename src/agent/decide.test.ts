import { describe, expect, it } from 'vitest';
import {
  change,
  does,
  EventLog,
  entered,
  erred,
  lines,
  message,
  ownRun,
  ran,
} from '../../test/fixtures/event-log.ts';
import { type ActionOf, actionSchemas } from '../events/actions.ts';
import { type AgentState, agentStates } from '../events/agent-state.ts';
import { isAction, type NewEvent } from '../events/event.ts';
import { finish, runCommand, say } from './actions.ts';
import type { AgentAction } from './agent.ts';
import {
  type Batch,
  closeAtRest,
  decide,
  failed,
  interruption,
  isResting,
  type LoopLimits,
  propose,
  whyInterrupted,
} from './decide.ts';
import { requests } from './loop-state.ts';

const limits: LoopLimits = {
  maxIterations: 100,
  maxBudget: null,
  confirmationMode: false,
  reactive: false,
};

/** The states that a log shows as they are: the other two exist only within a commit. */
const lasting = agentStates.filter((state) => state !== 'user_confirmed' && state !== 'user_rejected');
const atRest = lasting.filter((state) => state !== 'loading' && state !== 'init' && state !== 'running');

function batchOf(log: EventLog, given: LoopLimits = limits): Batch {
  const decision = decide(log.state, given);
  if (decision.do !== 'append') throw new Error(`It was decided to ${decision.do}.`);
  return decision.batch;
}

/** What is appended next, appended. */
function meet(log: EventLog, given: LoopLimits = limits): string[] {
  const { events } = batchOf(log, given);
  log.append(...events);
  return lines(events);
}

function contentsOf(events: readonly NewEvent[]): string[] {
  return events.flatMap((event) =>
    !isAction(event) && event.observation === 'error' ? [String(event.content)] : [],
  );
}

/** The agent runs and has proposed a command that waits for the user. `held`: its id. */
function awaitingConfirmation(): { log: EventLog; held: number } {
  const log = new EventLog(undefined, [message('go'), entered('running', 0)]);
  const proposal = propose(log.state, { ...limits, confirmationMode: true }, runCommand('rm -r .'));
  return { log, held: log.append(...proposal.events) };
}

/** The agent runs, and its command is under way. `id`: of the command. */
function executing(): { log: EventLog; id: number } {
  const log = new EventLog(undefined, [message('go'), entered('running', 0)]);
  return { log, id: log.append(does(runCommand('make'))) };
}

/** The agent has acted so often since it was let go on, each time in another way. */
function afterActions(count: number): EventLog {
  const log = new EventLog(undefined, [message('go'), entered('running', 0)]);
  act(log, count);
  return log;
}

function act(log: EventLog, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const id = log.append(does(runCommand(`step ${log.events.length}`)));
    log.append(ran(id));
  }
}

describe('with nothing to meet', () => {
  it.each(['loading', 'init'] as const)('%s: the agent waits for its user from now on', (state) => {
    expect(lines(batchOf(new EventLog(undefined, [entered(state)])).events)).toEqual(['awaiting_user_input']);
  });

  it('a log without events counts as loading', () => {
    expect(lines(batchOf(new EventLog()).events)).toEqual(['awaiting_user_input']);
  });

  it('running: the agent takes its step', () => {
    expect(decide(new EventLog(undefined, [entered('running')]).state, limits)).toEqual({ do: 'step' });
  });

  it.each(atRest)('%s: the loop waits', (state) => {
    expect(decide(new EventLog(undefined, [entered(state)]).state, limits)).toEqual({ do: 'wait' });
  });

  it('an action of the agent that is durable and unanswered is carried out', () => {
    const { log, id } = executing();
    expect(decide(log.state, limits)).toEqual({ do: 'execute', id, own: false, action: runCommand('make') });
    log.append(ran(id));
    expect(decide(log.state, limits)).toEqual({ do: 'step' });
  });
});

describe('a message', () => {
  it.each(lasting.filter((state) => state !== 'running'))(
    'makes %s running, and the step follows',
    (state) => {
      const log = new EventLog(undefined, [entered(state), message('hello')]);
      const decision = decide(log.state, limits);
      expect(decision).toMatchObject({ do: 'append', thenStep: true });
      expect(meet(log)).toEqual(['running of 1']);
      expect(decide(log.state, limits)).toEqual({ do: 'step' });
    },
  );

  it('needs no answer of the loop while the agent runs: the agent meets it at its next step', () => {
    const log = new EventLog(undefined, [entered('running'), message('and this')]);
    expect(decide(log.state, limits)).toEqual({ do: 'step' });
  });

  it('waits for the command that is under way', () => {
    const { log, id } = executing();
    log.append(message('and this'));
    expect(decide(log.state, limits)).toMatchObject({ do: 'execute', id });
    expect(interruption(log.state)).toBeNull();
  });

  it('takes those behind it along, in one turn', () => {
    const log = new EventLog(undefined, [message('one'), message('two')]);
    expect(decide(log.state, limits)).toMatchObject({ do: 'append', thenStep: true });
    expect(meet(log)).toEqual(['running of 0']);
    expect(decide(log.state, limits)).toEqual({ do: 'step' });
  });

  it.each<[string, NewEvent]>([
    ['a pause', change('paused')],
    ['another change', change('user_confirmed', 0)],
    ['a command of the user', ownRun('ls')],
  ])('lets no step follow in its own commit when %s stands behind it', (_what, next) => {
    const log = new EventLog(undefined, [entered('awaiting_user_input'), message('go'), next]);
    expect(decide(log.state, limits)).toMatchObject({ do: 'append', thenStep: false });
    expect(meet(log)).toEqual(['running of 1']);
  });

  it('rejects the command that awaits confirmation, and is then met', () => {
    const { log, held } = awaitingConfirmation();
    const said = log.append(message('do something else'));
    expect(decide(log.state, limits)).toMatchObject({ do: 'append', thenStep: false });
    const rejected = log.events.length + 1;
    expect(meet(log)).toEqual([
      'user_rejected',
      `agent run rejected of ${held}`,
      `user_rejected of ${rejected}`,
      `running of ${said}`,
    ]);
    expect(log.events[rejected]).toMatchObject({ action: 'run', args: { command: 'rm -r .' } });
    expect(log.state).toMatchObject({ pending: null, executing: null, inbox: [] });
    expect(decide(log.state, limits)).toEqual({ do: 'step' });
  });

  it('rejects the command also where the agent was paused over it', () => {
    const { log, held } = awaitingConfirmation();
    log.append(change('paused'));
    meet(log);
    log.append(message('do something else'));
    expect(meet(log)).toContain(`agent run rejected of ${held}`);
    expect(decide(log.state, limits)).toEqual({ do: 'step' });
  });
});

/** From which states a user's wish makes sense; everywhere else it is answered with an error and ignored. */
const legal: Partial<Record<AgentState, readonly AgentState[]>> = {
  running: ['paused', 'stopped', 'error', 'rate_limited'],
  paused: ['loading', 'init', 'running', 'awaiting_user_confirmation', 'rate_limited'],
  stopped: agentStates.filter((state) => state !== 'stopped'),
};

describe('a change that a user asks for', () => {
  describe.each(['running', 'paused', 'stopped'] as const)('to %s', (to) => {
    it.each(legal[to] ?? [])('is made from %s', (from) => {
      const log = new EventLog(undefined, [entered(from), change(to)]);
      expect(meet(log)).toEqual([`${to} of 1`]);
      expect(log.state).toMatchObject({ agentState: to, inbox: [] });
    });

    it.each(agentStates.filter((from) => !legal[to]?.includes(from)))('is refused from %s', (from) => {
      const log = new EventLog(undefined, [entered(from), change(to)]);
      const { events } = batchOf(log);
      expect(lines(events)).toEqual(['error of 1']);
      expect(events[0]).toMatchObject({ extras: { error_id: 'AGENT_ERROR$BAD_STATE_CHANGE' } });
      expect(contentsOf(events)[0]).toBe(`The agent is ${from}: it cannot become ${to} now.`);
      log.append(...events);
      expect(log.state).toMatchObject({ agentState: from, inbox: [] });
    });
  });

  const nobodys = agentStates.filter((to) => legal[to] === undefined && !to.startsWith('user_'));
  it.each(nobodys)('to %s is refused from every state', (to) => {
    for (const from of agentStates) {
      const log = new EventLog(undefined, [entered(from), change(to)]);
      expect(meet(log)).toEqual(['error of 1']);
      expect(log.state).toMatchObject({ agentState: from, inbox: [] });
    }
  });

  it('to running lets the step follow', () => {
    const log = new EventLog(undefined, [entered('paused'), change('running')]);
    expect(decide(log.state, limits)).toMatchObject({ do: 'append', thenStep: true });
  });

  it('to running shows again what awaits confirmation, where the agent was paused over it', () => {
    const { log, held } = awaitingConfirmation();
    log.append(change('paused'));
    expect(meet(log)).toEqual([`paused of ${held + 2}`]);
    log.append(change('running'));
    expect(meet(log)).toEqual([`awaiting_user_confirmation of ${held + 4}`]);
    expect(decide(log.state, limits)).toEqual({ do: 'wait' });
    expect(log.state.pending?.id).toBe(held);
  });
});

describe('a pause', () => {
  it('overtakes changes before it, which are answered', () => {
    const log = new EventLog(undefined, [entered('running'), change('user_confirmed', 7), change('paused')]);
    expect(meet(log)).toEqual(['error of 1', 'paused of 2']);
    expect(decide(log.state, limits)).toEqual({ do: 'wait' });
  });

  it('overtakes a resume before it', () => {
    const log = new EventLog(undefined, [entered('rate_limited'), change('running'), change('paused')]);
    expect(meet(log)).toEqual(['error of 1', 'paused of 2']);
  });

  it('lets a command of the user stand, which is then carried out', () => {
    const log = new EventLog(undefined, [entered('running'), ownRun('ls'), change('paused')]);
    expect(meet(log)).toEqual(['paused of 2']);
    expect(decide(log.state, limits)).toMatchObject({ do: 'execute', id: 1, own: true });
  });

  it.each(['loading', 'rate_limited'] as const)(
    'from %s waits for the message before it, which the agent meets when it goes on',
    (state) => {
      const log = new EventLog(undefined, [entered(state), message('go'), change('paused')]);
      expect(meet(log)).toEqual(['running of 1']);
      expect(meet(log)).toEqual(['paused of 2']);
      expect(decide(log.state, limits)).toEqual({ do: 'wait' });
      log.append(change('running'));
      expect(meet(log)).toEqual(['running of 5']);
      expect(decide(log.state, limits)).toEqual({ do: 'step' });
    },
  );

  it('does not wait for a message while the agent runs: that one is the agent’s to meet when it goes on', () => {
    const { log, id } = executing();
    log.append(message('and this'), change('paused'));
    expect(decide(log.state, limits)).toMatchObject({ do: 'abandon', id });
    log.append(erred(id));
    expect(meet(log)).toEqual([`paused of ${id + 2}`]);
    expect(decide(log.state, limits)).toEqual({ do: 'wait' });
  });

  it('keeps a confirmation before it from beginning anything, also where a message stands between them', () => {
    const { log, held } = awaitingConfirmation();
    log.append(change('user_confirmed', held), message('wait'), change('paused'));
    const first = batchOf(log);
    expect(first.executing).toBeUndefined();
    expect(contentsOf(first.events)).toEqual(['Not carried out: the agent was paused.']);
  });

  it('lets the message behind it make the agent run again', () => {
    const log = new EventLog(undefined, [entered('running'), change('paused'), message('go')]);
    expect(meet(log)).toEqual(['paused of 1']);
    expect(meet(log)).toEqual(['running of 2']);
  });

  it('that comes twice is refused the second time', () => {
    const log = new EventLog(undefined, [entered('running'), change('paused'), change('paused')]);
    expect(meet(log)).toEqual(['paused of 1']);
    expect(meet(log)).toEqual(['error of 2']);
  });
});

describe('a stop', () => {
  it('answers every command of the user that stood before it, and none behind it', () => {
    const log = new EventLog(undefined, [
      entered('running'),
      ownRun('one'),
      ownRun('two'),
      change('stopped'),
      ownRun('three'),
    ]);
    const { events } = batchOf(log);
    expect(lines(events)).toEqual(['error of 1', 'error of 2', 'stopped of 3']);
    expect(events[0]).toMatchObject({ source: 'user', content: 'Not carried out: the agent was stopped.' });
    log.append(...events);
    expect(decide(log.state, limits)).toMatchObject({ do: 'execute', id: 4, own: true });
  });

  it('ends what was asked for before it: messages and changes', () => {
    const log = new EventLog(undefined, [
      entered('paused'),
      message('go'),
      change('running'),
      change('stopped'),
    ]);
    expect(meet(log)).toEqual(['stopped of 3']);
    expect(decide(log.state, limits)).toEqual({ do: 'wait' });
  });

  it('lets what stands behind it be met', () => {
    const log = new EventLog(undefined, [entered('running'), change('stopped'), message('go')]);
    expect(meet(log)).toEqual(['stopped of 1']);
    expect(meet(log)).toEqual(['running of 2']);
  });

  it('rejects the command that awaits confirmation', () => {
    const { log, held } = awaitingConfirmation();
    const stop = log.append(ownRun('ls'), change('stopped')) + 1;
    const rejected = log.events.length + 2;
    expect(meet(log)).toEqual([
      `error of ${stop - 1}`,
      'user_rejected',
      `agent run rejected of ${held}`,
      `user_rejected of ${rejected}`,
      `stopped of ${stop}`,
    ]);
    expect(log.events[rejected]).toMatchObject({ action: 'run' });
    expect(log.state).toMatchObject({ pending: null, inbox: [], agentState: 'stopped' });
  });

  it('of an agent that is stopped still ends the commands of the user before it', () => {
    const log = new EventLog(undefined, [entered('stopped'), ownRun('one'), change('stopped')]);
    expect(meet(log)).toEqual(['error of 1', 'stopped of 2']);
  });

  it('behind a message to a stopped agent ends the turn that the message begins', () => {
    const log = new EventLog(undefined, [entered('stopped'), message('go'), change('stopped')]);
    expect(decide(log.state, limits)).toMatchObject({ do: 'append', thenStep: false });
    expect(meet(log)).toEqual(['running of 1']);
    expect(meet(log)).toEqual(['stopped of 2']);
  });
});

describe('while a command is under way', () => {
  it.each<[string, NewEvent, string]>([
    ['a pause', change('paused'), 'the agent was paused'],
    ['a stop', change('stopped'), 'the agent was stopped'],
    ['a close', requests.close, 'the conversation was closed'],
  ])('%s interrupts it: it is answered before anything else', (_what, event, why) => {
    const { log, id } = executing();
    log.append(event);
    const item = interruption(log.state);
    expect(item === null ? null : whyInterrupted(item)).toBe(why);
    expect(decide(log.state, limits)).toEqual({ do: 'abandon', id, why });
  });

  it('a stop interrupts it also where it stands behind a pause', () => {
    const { log } = executing();
    const stop = log.append(change('paused'), change('stopped')) + 1;
    expect(interruption(log.state)?.id).toBe(stop);
  });

  it.each<[string, NewEvent]>([
    ['a message', message('and this')],
    ['a command of the user', ownRun('ls')],
    ['a resume', change('running')],
    ['a confirmation', change('user_confirmed', 2)],
    ['a change that nobody can make', change('finished')],
    ['a request to start', requests.start],
  ])('%s does not', (_what, event) => {
    const { log, id } = executing();
    log.append(event);
    expect(interruption(log.state)).toBeNull();
    expect(decide(log.state, limits)).toMatchObject({ do: 'execute', id });
  });

  it('a pause does not, where the agent cannot be paused', () => {
    const log = new EventLog(undefined, [entered('awaiting_user_input'), ownRun('ls'), change('paused')]);
    expect(interruption(log.state)).toBeNull();
    expect(decide(log.state, limits)).toMatchObject({ do: 'execute', id: 1, own: true });
  });
});

describe('a user’s own command', () => {
  it.each(lasting)('is carried out while the agent is %s', (state) => {
    const log = new EventLog(undefined, [entered(state), ownRun('ls')]);
    expect(decide(log.state, limits)).toMatchObject({ do: 'execute', id: 1, own: true });
    log.append({ ...ran(1), source: 'user' });
    expect(log.state).toMatchObject({ agentState: state, inbox: [] });
  });

  it('keeps its place among what the user did', () => {
    const log = new EventLog(undefined, [entered('paused'), change('running'), ownRun('ls'), message('go')]);
    expect(meet(log)).toEqual(['running of 1']);
    expect(decide(log.state, limits)).toMatchObject({ do: 'execute', id: 2 });
  });
});

describe('confirmation', () => {
  const confirming = { ...limits, confirmationMode: true };

  it('holds back what changes things: the action is logged as awaiting, and not under way', () => {
    const log = new EventLog(undefined, [entered('running')]);
    const batch = propose(log.state, confirming, runCommand('ls'));
    expect(lines(batch.events)).toEqual(['agent run awaiting_confirmation', 'awaiting_user_confirmation']);
    expect(batch.executing).toBeUndefined();
  });

  it('that names the action carries it out under a new id', () => {
    const { log, held } = awaitingConfirmation();
    const asked = log.append(change('user_confirmed', held));
    const batch = batchOf(log);
    expect(lines(batch.events)).toEqual([
      `user_confirmed of ${asked}`,
      `agent run confirmed of ${held}`,
      'running',
    ]);
    expect(batch.executing).toBe(1);
    const first = log.append(...batch.events);
    expect(decide(log.state, limits)).toMatchObject({ do: 'execute', id: first + 1, own: false });
    expect(log.state).toMatchObject({ pending: null, inbox: [], iterations: 1 });
  });

  it('that rejects the action answers it, and the agent waits for its user', () => {
    const { log, held } = awaitingConfirmation();
    const asked = log.append(change('user_rejected', held));
    expect(meet(log)).toEqual([
      `user_rejected of ${asked}`,
      `agent run rejected of ${held}`,
      `user_rejected of ${asked + 2}`,
      'awaiting_user_input',
    ]);
    expect(log.events[asked + 2]).toMatchObject({ action: 'run' });
    expect(log.state).toMatchObject({ pending: null, executing: null, inbox: [], iterations: 1 });
    expect(decide(log.state, limits)).toEqual({ do: 'wait' });
  });

  it.each(['user_confirmed', 'user_rejected'] as const)('%s without a name is refused', (to) => {
    const { log, held } = awaitingConfirmation();
    log.append(change(to));
    const { events } = batchOf(log);
    expect(contentsOf(events)).toEqual(['Name the action that is meant: args.action_id.']);
    log.append(...events);
    expect(log.state).toMatchObject({ agentState: 'awaiting_user_confirmation', pending: { id: held } });
  });

  it.each(['user_confirmed', 'user_rejected'] as const)('%s of another action is refused', (to) => {
    const { log, held } = awaitingConfirmation();
    log.append(change(to, held - 1));
    const { events } = batchOf(log);
    expect(contentsOf(events)).toEqual([`No action ${held - 1} awaits confirmation.`]);
    log.append(...events);
    expect(log.state).toMatchObject({ agentState: 'awaiting_user_confirmation', pending: { id: held } });
  });

  it('is given once: a second one finds nothing that awaits it', () => {
    const { log, held } = awaitingConfirmation();
    log.append(change('user_rejected', held), change('user_confirmed', held));
    meet(log);
    expect(meet(log)).toEqual([`error of ${held + 3}`]);
  });

  it.each(agentStates.filter((state) => state !== 'awaiting_user_confirmation'))(
    'is refused while %s',
    (state) => {
      for (const to of ['user_confirmed', 'user_rejected'] as const) {
        const log = new EventLog(undefined, [entered(state), change(to, 0)]);
        expect(meet(log)).toEqual(['error of 1']);
        expect(log.state.agentState).toBe(state);
      }
    },
  );
});

describe('what the manager asks for', () => {
  it.each<[AgentState, string[]]>([
    ['loading', ['awaiting_user_input of 1']],
    ['init', ['awaiting_user_input of 1']],
    ['stopped', ['loading of 1', 'awaiting_user_input']],
    ['running', ['running of 1']],
    ['awaiting_user_input', ['awaiting_user_input of 1']],
    ['awaiting_user_confirmation', ['awaiting_user_confirmation of 1']],
    ['paused', ['paused of 1']],
    ['finished', ['finished of 1']],
    ['rejected', ['rejected of 1']],
    ['error', ['error of 1']],
    ['rate_limited', ['rate_limited of 1']],
  ])('a start while %s: the user is told a state that waits, and nothing is lost', (state, expected) => {
    const log = new EventLog(undefined, [entered(state), requests.start]);
    expect(meet(log)).toEqual(expected);
    expect(log.state.inbox).toEqual([]);
  });

  it.each(agentStates)('a close while %s stops the agent', (state) => {
    const log = new EventLog(undefined, [entered(state), requests.close]);
    expect(meet(log)).toEqual(['stopped of 1']);
    expect(log.state).toMatchObject({ agentState: 'stopped', inbox: [] });
    expect(decide(log.state, limits)).toEqual({ do: 'wait' });
  });

  it('a close answers the commands of the user before it, and leaves what stands behind it', () => {
    const log = new EventLog(undefined, [
      entered('stopped'),
      ownRun('one'),
      message('go'),
      requests.close,
      message('come back'),
    ]);
    const { events } = batchOf(log);
    expect(contentsOf(events)).toEqual(['Not carried out: the conversation was closed.']);
    expect(meet(log)).toEqual(['error of 1', 'stopped of 3']);
    expect(meet(log)).toEqual(['running of 4']);
  });

  it('a close at rest is one batch: the request, and its answer by id', () => {
    const log = new EventLog(undefined, [entered('finished')]);
    const id = log.append(...closeAtRest(log.state).events);
    expect(lines(log.events.slice(id))).toEqual(['environment change_agent_state', `stopped of ${id}`]);
    expect(log.state).toMatchObject({ agentState: 'stopped', inbox: [] });
  });

  it('a close at rest rejects what awaits confirmation', () => {
    const { log, held } = awaitingConfirmation();
    const id = log.append(...closeAtRest(log.state).events);
    expect(lines(log.events.slice(id))).toEqual([
      'environment change_agent_state',
      'user_rejected',
      `agent run rejected of ${held}`,
      `user_rejected of ${id + 2}`,
      `stopped of ${id}`,
    ]);
    expect(log.state).toMatchObject({ pending: null, inbox: [], agentState: 'stopped' });
  });
});

describe('the limit of iterations', () => {
  const three = { ...limits, maxIterations: 3 };

  it('lets as many actions pass, and no more', () => {
    expect(decide(afterActions(2).state, three)).toEqual({ do: 'step' });
    const { events } = batchOf(afterActions(3), three);
    expect(lines(events)).toEqual(['error', 'error']);
    expect(events[0]).toMatchObject({
      source: 'environment',
      extras: { error_id: 'AGENT_ERROR$MAX_ITERATIONS' },
    });
    expect(contentsOf(events)[0]).toMatch(/^Agent reached maximum iteration/);
    expect(events[1]).toMatchObject({ observation: 'agent_state_changed', extras: { agent_state: 'error' } });
  });

  it.each<[string, NewEvent]>([
    ['a message', message('go on')],
    ['a resume', change('running')],
  ])('is extended by its initial size by %s', (_what, event) => {
    const log = afterActions(3);
    meet(log, three);
    const asked = log.append(event);
    expect(decide(log.state, three)).toMatchObject({ do: 'append', thenStep: false });
    expect(meet(log, three)).toEqual([`running of ${asked}`]);
    expect(decide(log.state, three)).toEqual({ do: 'step' });
    act(log, 2);
    expect(decide(log.state, three)).toEqual({ do: 'step' });
    act(log, 1);
    expect(contentsOf(batchOf(log, three).events)[0]).toMatch(/^Agent reached maximum iteration/);
  });

  it('is not extended by a message that comes before it is reached', () => {
    const log = afterActions(2);
    log.append(message('hurry'));
    act(log, 1);
    expect(lines(batchOf(log, three).events)).toEqual(['error', 'error']);
  });

  it('is extended anew each time', () => {
    const log = afterActions(3);
    for (let round = 0; round < 3; round += 1) {
      expect(meet(log, three)).toEqual(['error', 'error']);
      log.append(message('go on'));
      meet(log, three);
      act(log, 3);
    }
  });

  it('does not count an action a second time when it is confirmed', () => {
    const { log, held } = awaitingConfirmation();
    log.append(change('user_confirmed', held));
    meet(log);
    log.append(ran(log.events.length - 2));
    expect(log.state.iterations).toBe(1);
  });

  it('is no concern of a reactive agent', () => {
    expect(decide(afterActions(30).state, { ...three, reactive: true })).toEqual({ do: 'step' });
  });
});

describe('the budget', () => {
  const dollar = { ...limits, maxBudget: 1 };

  function spend(log: EventLog, cost: number): void {
    log.append(...propose(log.state, dollar, { ...say('so far', false), cost }).events);
  }

  it('is counted over all steps, and reaching it is an error', () => {
    const log = new EventLog(undefined, [entered('running')]);
    spend(log, 0.6);
    expect(decide(log.state, dollar)).toEqual({ do: 'step' });
    spend(log, 0.4);
    const { events } = batchOf(log, dollar);
    expect(lines(events)).toEqual(['error', 'error']);
    expect(contentsOf(events)[0]).toMatch(/^Agent reached maximum budget/);
    expect(events[0]).toMatchObject({ extras: { error_id: 'AGENT_ERROR$MAX_BUDGET' } });
  });

  it.each<[string, NewEvent]>([
    ['a message', message('go on')],
    ['a resume', change('running')],
  ])('is extended by its initial size by %s', (_what, event) => {
    const log = new EventLog(undefined, [entered('running')]);
    spend(log, 1);
    meet(log, dollar);
    log.append(event);
    meet(log, dollar);
    spend(log, 0.9);
    expect(decide(log.state, dollar)).toEqual({ do: 'step' });
    spend(log, 0.2);
    expect(contentsOf(batchOf(log, dollar).events)[0]).toMatch(/^Agent reached maximum budget/);
  });

  it('holds for a reactive agent too', () => {
    const log = new EventLog(undefined, [entered('running')]);
    spend(log, 1);
    expect(lines(batchOf(log, { ...dollar, reactive: true }).events)).toEqual(['error', 'error']);
  });

  it('without a limit nothing is too much', () => {
    const log = new EventLog(undefined, [entered('running')]);
    spend(log, 1e9);
    expect(decide(log.state, limits)).toEqual({ do: 'step' });
  });
});

describe('an agent that goes in circles', () => {
  function circling(): EventLog {
    const log = new EventLog(undefined, [message('go'), entered('running', 0)]);
    for (let round = 0; round < 4; round += 1) log.append(ran(log.append(does(runCommand('again')))));
    return log;
  }

  it('is stopped with an error', () => {
    const { events } = batchOf(circling());
    expect(lines(events)).toEqual(['error', 'error']);
    expect(events[0]).toMatchObject({ extras: { error_id: 'AGENT_ERROR$STUCK_IN_LOOP' } });
    expect(contentsOf(events)[0]).toMatch(/^Agent got stuck in a loop/);
  });

  it.each<[string, NewEvent]>([
    ['a message', message('try something else')],
    ['a resume', change('running')],
  ])('gets a fresh start by %s', (_what, event) => {
    const log = circling();
    meet(log);
    log.append(event);
    meet(log);
    expect(decide(log.state, limits)).toEqual({ do: 'step' });
  });

  it('may do so if it is reactive', () => {
    expect(decide(circling().state, { ...limits, reactive: true })).toEqual({ do: 'step' });
  });
});

describe('a proposal', () => {
  const { state } = new EventLog(undefined, [entered('running')]);
  const runnable: AgentAction[] = [
    runCommand('ls'),
    action('run_ipython', { code: '1' }),
    action('call_tool_mcp', { name: 'tool' }),
    action('read', { path: 'f' }),
    action('write', { path: 'f', content: '' }),
    action('edit', { path: 'f' }),
    action('browse', { url: 'http://localhost' }),
    action('browse_interactive', { browser_actions: 'noop()' }),
    action('recall', {}),
    action('delegate', { agent: 'Other' }),
    action('think', {}),
  ];

  function action<Kind extends keyof typeof actionSchemas>(kind: Kind, args: object): ActionOf<Kind>;
  function action(kind: keyof typeof actionSchemas, args: object): AgentAction {
    return actionSchemas[kind].parse({ action: kind, args });
  }

  it.each<[string, AgentAction | null, string[]]>([
    ['nothing', null, ['awaiting_user_input']],
    ['a message', say('hm', false), ['agent message']],
    ['a message that asks', say('well?'), ['agent message', 'awaiting_user_input']],
    ['an end', finish(), ['agent finish', 'finished']],
    ['a refusal', action('reject', {}), ['agent reject', 'rejected']],
    ['a condensation', action('condensation', {}), ['agent condensation']],
    ['an empty action', action('null', {}), ['agent null']],
  ])('%s', (_what, proposal, expected) => {
    const batch = propose(state, limits, proposal);
    expect(lines(batch.events)).toEqual(expected);
    expect(batch.executing).toBeUndefined();
  });

  it.each(runnable)('$action is under way from its commit on', (proposal) => {
    const batch = propose(state, limits, proposal);
    expect(batch.events).toHaveLength(1);
    expect(batch.events[0]).toMatchObject({ source: 'agent', action: proposal.action });
    expect(batch.executing).toBe(0);
  });

  it('of a state is an error: an agent may not change its own', () => {
    const batch = propose(state, limits, action('change_agent_state', { agent_state: 'finished' }));
    expect(lines(batch.events)).toEqual(['error', 'error']);
  });

  it('cannot confirm or hold back itself', () => {
    const held = {
      ...runCommand('ls'),
      args: { ...runCommand('ls').args, confirmation_state: 'rejected' },
    } as const;
    expect(lines(propose(state, limits, held).events)).toEqual(['agent run confirmed']);
    expect(lines(propose(state, { ...limits, confirmationMode: true }, runCommand('ls')).events)).toEqual([
      'agent run awaiting_confirmation',
      'awaiting_user_confirmation',
    ]);
  });

  it('says what the conversation has cost so far, and keeps what a model needs to remember', () => {
    const log = new EventLog(undefined, [entered('running'), does(say('hm', false), { cost: 0.25 })]);
    const proposal = { ...say('more', false), cost: 0.5, tool_call_metadata: { id: 'call-1' } };
    const [event] = propose(log.state, limits, proposal).events;
    expect(event).toMatchObject({
      llm_metrics: { accumulated_cost: 0.75 },
      tool_call_metadata: { id: 'call-1' },
    });
    expect(event).not.toHaveProperty('cost');
  });
});

describe('a failure', () => {
  it('is an error that everybody sees, and the state that goes with it', () => {
    const { events } = failed('No luck.', 'SOME$ID', 'rate_limited');
    expect(events).toMatchObject([
      { source: 'environment', observation: 'error', content: 'No luck.', extras: { error_id: 'SOME$ID' } },
      { source: 'environment', extras: { agent_state: 'rate_limited', reason: 'No luck.' } },
    ]);
  });
});

describe('rest', () => {
  it('is every state in which only a user can go on', () => {
    const busy = agentStates.filter((state) => !isResting(state));
    expect(busy).toEqual(['loading', 'init', 'running', 'user_confirmed']);
  });
});
