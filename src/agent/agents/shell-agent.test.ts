import { describe, expect, it } from 'vitest';
import { change, does, EventLog, entered, message, ownRun, ran } from '../../../test/fixtures/event-log.ts';
import { runCommand, say } from '../actions.ts';
import type { AgentAction } from '../agent.ts';
import { type ShellAgentState, shellAgent } from './shell-agent.ts';

function begin(...contents: string[]): EventLog {
  return new EventLog(shellAgent, contents.map(message));
}

function stateOf(log: EventLog): ShellAgentState {
  return log.events.reduce((state, event) => shellAgent.fold(state, event), shellAgent.initialState());
}

function next(log: EventLog): AgentAction | null {
  const proposed = shellAgent.step({
    sid: 's',
    state: stateOf(log),
    signal: new AbortController().signal,
    history: () => Promise.reject(new Error('it needs no history')),
    stream: () => {},
    notify: () => {},
  });
  if (proposed instanceof Promise) throw new Error('It should answer at once.');
  return proposed;
}

/** Carries out all that the agent proposes, and answers with it. */
function play(log: EventLog): AgentAction[] {
  const actions: AgentAction[] = [];
  for (let action = next(log); action !== null; action = next(log)) {
    actions.push(action);
    const id = log.append(does(action));
    if (action.action === 'run') log.append(ran(id));
  }
  return actions;
}

function commands(actions: readonly AgentAction[]): string[] {
  return actions.flatMap((action) => (action.action === 'run' ? [action.args.command] : []));
}

describe('commands', () => {
  it('are the lines that begin with a dollar sign and a space, in their order', () => {
    const log = begin('Please:\n$ cd src\nand then\n$ ls -l | wc\n$make\n  $ indented');
    expect(commands(play(log))).toEqual(['cd src', 'ls -l | wc']);
    expect(next(log)).toBeNull();
  });

  it('of several messages are run in the order of the messages', () => {
    expect(commands(play(begin('$ one\n$ two', '$ three')))).toEqual(['one', 'two', 'three']);
  });

  it('of a message that comes while another is answered wait for their turn', () => {
    const log = begin('$ one\n$ two');
    const first = log.append(does(runCommand('one')));
    log.append(message('$ three'), ran(first));
    expect(commands(play(log))).toEqual(['two', 'three']);
  });

  it('may have the line ends of any system, and nothing but a sign is no command', () => {
    expect(commands(play(begin('$ ls\r\n$ \r\n$ pwd\r\n')))).toEqual(['ls', 'pwd']);
  });

  it.each(['C-c', 'C-d', 'C-z'])('%s goes to the command that still runs', (key) => {
    expect(next(begin(`$ ${key}`))).toEqual(runCommand(key, { isInput: true }));
  });

  it('are a user’s own where the user sends them: those are none of the agent’s business', () => {
    const log = begin('$ one');
    log.append(ownRun('ls'), { ...ran(1), source: 'user' });
    expect(commands(play(log))).toEqual(['one']);
  });

  it('are proposed once, also where they are confirmed or rejected under a new id', () => {
    const log = begin('$ one\n$ two');
    const { args } = runCommand('one');
    const held = { action: 'run', args: { ...args, confirmation_state: 'awaiting_confirmation' } } as const;
    const id = log.append(does(held));
    log.append(does(runCommand('one'), { cause: id }));
    expect(next(log)).toEqual(runCommand('two'));
  });
});

describe('a message without a command', () => {
  it('is told what the agent can do, and the turn is the user’s', () => {
    const log = begin('Hello!');
    const help = next(log);
    expect(help).toMatchObject({ action: 'message', args: { wait_for_response: true } });
    expect(help?.action === 'message' ? help.args.content : '').toMatch(/`\$ ls`.*\n.*LLM_MODEL/);
    expect(play(log)).toHaveLength(1);
  });

  it('does not end the turn while another message waits for its answer', () => {
    const log = begin('Hello!', '$ ls');
    expect(next(log)).toMatchObject({ action: 'message', args: { wait_for_response: false } });
    expect(commands(play(log))).toEqual(['ls']);
  });
});

describe('a stop', () => {
  it('ends what was asked for before it, and nothing that came after it', () => {
    const log = begin('$ one\n$ two', '$ three');
    const stop = log.append(change('stopped'));
    log.append(message('$ four'), entered('stopped', stop));
    expect(commands(play(log))).toEqual(['four']);
  });

  it('without a cause ends what stands before it', () => {
    const log = begin('$ one');
    log.append(entered('stopped'), message('$ two'));
    expect(commands(play(log))).toEqual(['two']);
  });

  it.each(['paused', 'awaiting_user_input', 'error'] as const)('is not what %s is', (state) => {
    const log = begin('$ one');
    log.append(entered(state));
    expect(commands(play(log))).toEqual(['one']);
  });
});

describe('with nothing to do', () => {
  it('it waits', () => {
    expect(next(begin())).toBeNull();
  });

  it('it does not mind what nobody asked for', () => {
    const log = begin();
    log.append(does(say('hm')), does(runCommand('ls')), message('$ one'));
    expect(commands(play(log))).toEqual(['one']);
  });
});
