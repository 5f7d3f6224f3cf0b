import { describe, expect, it } from 'vitest';
import { does, EventLog, entered, message, ownRun, ran } from '../../test/fixtures/event-log.ts';
import { runCommand, say } from '../agent/actions.ts';
import type { Agent } from '../agent/agent.ts';
import { scriptedAgent } from './scripted-agent.ts';

function stepAfter(agent: Agent<number>, log: EventLog): unknown {
  return agent.step({
    sid: 's',
    state: log.events.reduce((state, event) => agent.fold(state, event), agent.initialState()),
    signal: new AbortController().signal,
    history: async () => [],
    stream: () => {},
    notify: () => {},
  });
}

const agent = scriptedAgent([runCommand('one'), () => say('two'), async () => say('three')]);

describe('a scripted agent', () => {
  it('does one step after the other, then waits', async () => {
    const log = new EventLog(undefined, [message('go')]);
    expect(stepAfter(agent, log)).toEqual(runCommand('one'));
    log.append(ran(log.append(does(runCommand('one')))));
    expect(stepAfter(agent, log)).toEqual(say('two'));
    log.append(does(say('two')));
    expect(await stepAfter(agent, log)).toEqual(say('three'));
    log.append(does(say('three')));
    expect(stepAfter(agent, log)).toBeNull();
  });

  it('counts its own actions only, once each', () => {
    const log = new EventLog(undefined, [message('go'), ownRun('ls'), entered('running')]);
    const id = log.append(does(runCommand('one')));
    log.append(does(runCommand('one'), { cause: id }));
    expect(stepAfter(agent, log)).toEqual(say('two'));
  });

  it('is called what it is told to be', () => {
    expect(scriptedAgent([])).toMatchObject({ name: 'ScriptedAgent', reactive: false });
    expect(scriptedAgent([], { name: 'Echo', reactive: true })).toMatchObject({
      name: 'Echo',
      reactive: true,
    });
  });
});
