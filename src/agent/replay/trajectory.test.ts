import { describe, expect, it } from 'vitest';
import { ConveneError } from '../../errors.ts';
import { parseTrajectory } from './trajectory.ts';

const user = (content: string) => ({ source: 'user', action: 'message', args: { content } });
const says = (content: string, wait_for_response = false) => ({
  source: 'agent',
  action: 'message',
  args: { content, wait_for_response },
});
const run = (command: string, confirmation_state = 'confirmed') => ({
  source: 'agent',
  action: 'run',
  args: { command, confirmation_state },
  timeout: null,
  tool_call_metadata: { model_response: {} },
});
const finish = (thought: string) => ({ source: 'agent', action: 'finish', args: { outputs: {}, thought } });

function stepsOf(...events: unknown[]): string[] {
  return parseTrajectory(events).steps.map((step) => {
    if (step.action === 'run') return `run ${step.args.command}`;
    if (step.action === 'message')
      return `say ${step.args.content}${step.args.wait_for_response ? ' and wait' : ''}`;
    return step.action;
  });
}

function refusal(json: unknown): unknown {
  try {
    return parseTrajectory(json);
  } catch (error) {
    if (error instanceof ConveneError) return { code: error.code, message: error.message, ...error.details };
    throw error;
  }
}

describe('a trajectory', () => {
  it('begins with what its user said, and its steps are what its agent did', () => {
    const { opening, steps } = parseTrajectory([
      { source: 'environment', observation: 'agent_state_changed', content: '', extras: {} },
      user('Look around'),
      { source: 'environment', action: 'recall', args: {} },
      run('ls'),
      { source: 'agent', observation: 'run', content: 'README.md', cause: 2 },
      says('There is a file.', true),
    ]);
    expect(opening).toEqual({ content: 'Look around', imageUrls: [] });
    expect(steps).toMatchObject([
      { action: 'run', args: { command: 'ls', thought: '' } },
      { action: 'message', args: { wait_for_response: true } },
    ]);
    // What belongs to the call of then has no meaning now.
    expect(steps[0]).not.toHaveProperty('tool_call_metadata');
    expect(steps[0]).not.toHaveProperty('timeout');
  });

  it('may come as text, and as the route for trajectories answers', () => {
    const text = JSON.stringify({ trajectory: [run('ls')] });
    expect(parseTrajectory(text)).toEqual(parseTrajectory([run('ls')]));
    expect(parseTrajectory([run('ls')]).opening).toBeNull();
  });

  it('quotes what its user said later, in its place', () => {
    expect(stepsOf(user('one'), run('ls'), user('two'), run('pwd'))).toEqual([
      'run ls',
      'say The user of the recording said:\n\ntwo',
      'run pwd',
    ]);
  });

  it('waits and ends only with its last step', () => {
    const steps = [
      says('Shall I?', true),
      finish('One done.'),
      finish(''),
      says('More?', true),
      finish('All.'),
    ];
    expect(stepsOf(...steps)).toEqual(['say Shall I?', 'say One done.', 'say More?', 'finish']);
  });

  it('leaves out what was not carried out, and what the agent did not do', () => {
    const steps = [
      run('a', 'awaiting_confirmation'),
      run('a'),
      run('b', 'rejected'),
      { source: 'user', action: 'run', args: { command: 'c' } },
      { source: 'agent', action: 'change_agent_state', args: { agent_state: 'paused' } },
      { source: 'agent', action: 'system', args: { content: 'of a later release' } },
      { source: 'agent', action: 'null', args: {} },
    ];
    expect(stepsOf(...steps)).toEqual(['run a']);
  });

  it.each([
    ['{', {}, 'expected JSON'],
    ['7', {}, 'expected a list'],
    [{ events: [] }, {}, 'expected a list'],
    ['['.repeat(200) + ']'.repeat(200), {}, 'nested too deeply'],
    [JSON.parse('['.repeat(20_000) + ']'.repeat(20_000)), {}, 'nested too deeply'],
    [[], {}, 'it has no action'],
    [[user('only')], {}, 'it has no action'],
    [[run('ls'), 7], { index: 1 }, 'event 1: an event must be an object'],
    [[{ source: 'agent', args: {} }], { index: 0 }, 'event 0: an event must name its action'],
    [[{ action: 'run', args: { command: 'ls' } }], { index: 0 }, 'event 0: source: expected'],
    [
      [run('ls'), user('x'), { source: 'agent', action: 'run', args: {} }],
      { index: 2 },
      'event 2: args.command',
    ],
    [[{ source: 'user', action: 'message', args: {} }], { index: 0 }, 'event 0: args.content'],
  ])('is refused: case %$', (json, details, why) => {
    const message = expect.stringContaining(`replay_json: ${why}`);
    expect(refusal(json)).toMatchObject({
      code: 'invalid_request',
      field: 'replay_json',
      message,
      ...details,
    });
  });

  it('is refused where it is too long', () => {
    const found = refusal([run('x'.repeat(8 * 1024 * 1024))]);
    expect(found).toMatchObject({ code: 'payload_too_large', field: 'replay_json' });
  });
});
