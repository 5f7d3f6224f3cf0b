import { describe, expect, it } from 'vitest';
import { actionOfCall, callOfAction, toolsForModel } from './code-act-tools.ts';

function actionOf(name: string, input: unknown, thought = '') {
  return actionOfCall({ name, input: typeof input === 'string' ? input : JSON.stringify(input) }, thought);
}

it('every tool is told of by its name, what it does and the schema of its arguments', () => {
  const told = toolsForModel();
  expect(told.map(({ name }) => name)).toEqual(['run', 'read', 'write', 'edit', 'think', 'finish']);
  for (const { description, inputSchema } of told) {
    expect(description).toMatch(/\.$/);
    expect(inputSchema).toMatchObject({ type: 'object', required: expect.any(Array) });
  }
});

describe('a call and the action that it becomes', () => {
  it.each([
    ['run', { command: 'ls' }],
    ['run', { command: 'y', is_input: true, timeout: 5 }],
    ['read', { path: 'a.txt' }],
    ['read', { path: 'a.txt', view_range: [2, 5] }],
    ['write', { path: 'a.txt', content: 'x\n' }],
    ['edit', { command: 'create', path: 'a.txt', file_text: '' }],
    ['edit', { command: 'str_replace', path: 'a.txt', old_str: 'x', new_str: '' }],
    ['edit', { command: 'insert', path: 'a.txt', new_str: 'x', insert_line: 0 }],
    ['edit', { command: 'undo_edit', path: 'a.txt' }],
    ['think', { thought: 'Hm.' }],
    ['finish', { message: 'Done.' }],
  ])('say the same: %s %j', (name, input) => {
    const action = actionOf(name, input);
    if ('wrong' in action) throw new Error(action.wrong);
    expect(callOfAction(action)).toEqual({ name, input, said: '' });
  });

  it('keep what was said with the call', () => {
    const action = actionOf('run', { command: 'ls' }, 'I look around.');
    expect(action).toMatchObject({ args: { thought: 'I look around.' } });
    expect('wrong' in action ? null : callOfAction(action)?.said).toBe('I look around.');
  });

  it('a view is a reading with line numbers', () => {
    expect(actionOf('edit', { command: 'view', path: 'src' })).toMatchObject({
      action: 'read',
      args: { path: 'src', view_range: [1, -1] },
    });
  });
});

it.each([
  ['fly', '{}', 'There is no tool "fly". There are run, read'],
  ['run', '{"command": "ls', 'The arguments of run are no valid JSON'],
  ['run', '', 'The arguments of run do not fit'],
  ['run', '[]', 'The arguments of run do not fit'],
  ['read', '{"path": "a", "view_range": [1]}', 'view_range'],
  ['edit', '{"command": "burn", "path": "a"}', 'The arguments of edit do not fit'],
])('what is wrong with %s %s is said: %s', (name, input, says) => {
  expect(actionOf(name, input)).toEqual({ wrong: expect.stringContaining(says) });
});
