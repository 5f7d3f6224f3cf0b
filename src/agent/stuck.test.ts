import { describe, expect, it } from 'vitest';
import { body, does, EventLog, entered, erred, message, ownRun, ran } from '../../test/fixtures/event-log.ts';
import type { ConfirmationState } from '../events/actions.ts';
import type { NewEvent } from '../events/event.ts';
import { runObservation } from '../events/observations.ts';
import { runCommand, say } from './actions.ts';
import type { AgentAction } from './agent.ts';
import { type Deeds, noteDeed, stuckBy } from './stuck.ts';

function deedsOf(log: EventLog): Deeds {
  const deeds: Deeds = [];
  for (const event of log.events) noteDeed(deeds, event);
  return deeds;
}

function circles(log: EventLog): string | null {
  return stuckBy(deedsOf(log));
}

/** The agent does something, and this comes of it. */
function pair(log: EventLog, action: AgentAction, observe: (cause: number) => NewEvent = ran): void {
  const id = log.append(does(action));
  log.append(observe(id));
}

function times(count: number, task: (index: number) => void): void {
  for (let index = 0; index < count; index += 1) task(index);
}

const make = runCommand('make');

describe('the same action with the same result', () => {
  const reason = 'the same action had the same result four times';

  it('is going in circles at the fourth time, not at the third', () => {
    const log = new EventLog();
    times(3, () => pair(log, make));
    expect(circles(log)).toBeNull();
    pair(log, make);
    expect(circles(log)).toBe(reason);
  });

  it('may come as often as it likes where the result changes', () => {
    const log = new EventLog();
    times(8, (index) => pair(log, make, (cause) => ran(cause, `${index} tests fail`)));
    expect(circles(log)).toBeNull();
  });

  it('may come as often as it likes where the exit code changes', () => {
    const log = new EventLog();
    times(8, (index) => pair(log, make, (cause) => ran(cause, 'done', index)));
    expect(circles(log)).toBeNull();
  });

  it('is the same whatever the agent thinks of it, and whichever process ran it', () => {
    const log = new EventLog();
    times(4, (index) =>
      pair(log, runCommand('make', { thought: `attempt ${index}` }), (cause) => ({
        ...runObservation({ command: 'make', content: 'done', exitCode: 0, pid: index }),
        source: 'agent',
        cause,
      })),
    );
    expect(circles(log)).toBe(reason);
  });

  it('counts in a row: another action in between breaks it', () => {
    const log = new EventLog();
    times(3, () => pair(log, make));
    pair(log, runCommand('git diff'));
    pair(log, make);
    expect(circles(log)).toBeNull();
  });

  it('counts only what was observed', () => {
    const log = new EventLog();
    times(3, () => pair(log, make));
    const id = log.append(does(make));
    expect(circles(log)).toBeNull();
    log.append(ran(id));
    expect(circles(log)).toBe(reason);
  });

  it('is found also where every command was confirmed under a new id', () => {
    const log = new EventLog();
    const withState = (confirmation_state: ConfirmationState): AgentAction => ({
      ...make,
      args: { ...make.args, confirmation_state },
    });
    times(4, (index) => {
      expect(circles(log), `after ${index}`).toBeNull();
      const held = log.append(
        does(withState('awaiting_confirmation')),
        entered('awaiting_user_confirmation'),
      );
      const confirmed = log.append(does(withState('confirmed'), { cause: held }));
      log.append(ran(confirmed));
    });
    expect(circles(log)).toBe(reason);
  });
});

describe('the same action that fails', () => {
  const reason = 'the same action failed three times';

  it('is going in circles at the third time, not at the second, whatever the errors say', () => {
    const log = new EventLog();
    times(2, (index) => pair(log, make, (cause) => erred(cause, `error ${index}`)));
    expect(circles(log)).toBeNull();
    pair(log, make, (cause) => erred(cause, 'another error'));
    expect(circles(log)).toBe(reason);
  });

  it('is not, where one of three succeeds', () => {
    const log = new EventLog();
    pair(log, make, erred);
    pair(log, make, ran);
    pair(log, make, erred);
    expect(circles(log)).toBeNull();
  });

  it('is not, where it is another action each time', () => {
    const log = new EventLog();
    times(6, (index) => pair(log, runCommand(`make ${index}`), erred));
    expect(circles(log)).toBeNull();
  });
});

describe('the same message', () => {
  const reason = 'it said the same three times';

  it('is going in circles at the third time, not at the second', () => {
    const log = new EventLog();
    times(2, () => log.append(does(say('Working on it.', false))));
    expect(circles(log)).toBeNull();
    log.append(does(say('Working on it.', false)));
    expect(circles(log)).toBe(reason);
  });

  it('is not, where something was done in between', () => {
    const log = new EventLog();
    times(4, (index) => {
      log.append(does(say('Working on it.', false)));
      pair(log, runCommand(`step ${index}`));
    });
    expect(circles(log)).toBeNull();
  });

  it('is not, where it says something else each time', () => {
    const log = new EventLog();
    times(6, (index) => log.append(does(say(`Working on step ${index}.`, false))));
    expect(circles(log)).toBeNull();
  });
});

describe('two actions in turns', () => {
  const reason = 'two actions alternated with the same results';

  function alternate(log: EventLog, count: number): void {
    times(count, (index) => pair(log, runCommand(index % 2 === 0 ? 'undo' : 'redo')));
  }

  it('are going in circles at the sixth, not at the fifth', () => {
    const log = new EventLog();
    alternate(log, 5);
    expect(circles(log)).toBeNull();
    pair(log, runCommand('redo'));
    expect(circles(log)).toBe(reason);
  });

  it('are not, where one of the results changes', () => {
    const log = new EventLog();
    times(8, (index) =>
      pair(log, runCommand(index % 2 === 0 ? 'edit' : 'test'), (cause) =>
        ran(cause, index % 2 === 0 ? 'edited' : `${index} tests fail`),
      ),
    );
    expect(circles(log)).toBeNull();
  });
});

describe('what is looked at', () => {
  it('begins anew with each message of the user', () => {
    const log = new EventLog();
    times(3, () => pair(log, make));
    log.append(message('again, please'));
    times(3, () => pair(log, make));
    expect(circles(log)).toBeNull();
    pair(log, make);
    expect(circles(log)).not.toBeNull();
  });

  it('is what the agent does: a user’s own commands and changes of state neither count nor break a circle', () => {
    const log = new EventLog();
    times(4, () => {
      pair(log, make);
      const own = log.append(ownRun('make'));
      log.append({ ...ran(own), source: 'user' }, entered('running'));
    });
    expect(circles(log)).not.toBeNull();
    const mine = new EventLog();
    times(4, () => {
      const own = mine.append(ownRun('make'));
      mine.append({ ...ran(own), source: 'user' });
    });
    expect(deedsOf(mine)).toEqual([]);
  });

  it('stays small however long the agent works', () => {
    const log = new EventLog();
    times(100, (index) => pair(log, runCommand(`step ${index}`), (cause) => ran(cause, 'x'.repeat(10_000))));
    expect(JSON.stringify(deedsOf(log)).length).toBeLessThan(2_000);
  });

  it('survives being written down and read again', () => {
    const log = new EventLog();
    times(3, () => pair(log, make));
    const deeds: Deeds = JSON.parse(JSON.stringify(deedsOf(log)));
    pair(log, make);
    for (const event of log.events.slice(-2)) noteDeed(deeds, event);
    expect(stuckBy(deeds)).not.toBeNull();
  });

  it('takes kinds of a later version like any other', () => {
    const log = new EventLog();
    times(4, () => {
      const id = log.append({ ...body({ action: 'telepathy', args: {} }), source: 'agent' });
      log.append({ ...body({ observation: 'telepathy', content: 'yes' }), source: 'agent', cause: id });
    });
    expect(circles(log)).not.toBeNull();
  });
});
