import { expect, it } from 'vitest';
import { Drafts } from './drafts.ts';
import { action, observation, state } from './event-fixture.ts';

it('puts a message together until the agent has said it', () => {
  const drafts = new Drafts();
  drafts.add({ kind: 'message', text: 'Hel' });
  drafts.add({ kind: 'message', text: 'lo' });
  expect(drafts.message).toBe('Hello');
  drafts.settle(action(1, 'message', { content: 'wait' }, { source: 'user' }));
  expect(drafts.message).toBe('Hello');
  drafts.settle(action(2, 'message', { content: 'Hello' }));
  expect(drafts.message).toBe('');
});

it('puts the output of each command together until it has ended', () => {
  const drafts = new Drafts();
  drafts.add({ kind: 'output', text: 'a', cause: 3 });
  drafts.add({ kind: 'output', text: 'b', cause: 4 });
  drafts.add({ kind: 'output', text: 'c', cause: 3 });
  expect([drafts.output(3), drafts.output(4)]).toEqual(['ac', 'b']);
  drafts.settle(observation(5, 'run', 'ac', {}, { cause: 3 }));
  expect([drafts.output(3), drafts.output(4)]).toEqual(['', 'b']);
});

it('drops everything when the agent is paused', () => {
  const drafts = new Drafts();
  drafts.add({ kind: 'message', text: 'Hel' });
  drafts.settle(state(2, 'running'));
  expect(drafts.message).toBe('Hel');
  drafts.settle(state(3, 'paused'));
  expect(drafts.message).toBe('');
});

it('keeps the end of a long output', () => {
  const drafts = new Drafts();
  for (let line = 0; line < 50_000; line += 1)
    drafts.add({ kind: 'output', text: `line ${line}\n`, cause: 1 });
  const output = drafts.output(1);
  expect(output.length).toBeLessThanOrEqual(128_000);
  expect(output.startsWith('line ')).toBe(true);
  expect(output.endsWith('line 49999\n')).toBe(true);
});

it('keeps what came before the connection was gone, and says that something is missing', () => {
  const drafts = new Drafts();
  drafts.add({ kind: 'output', text: 'a\n', cause: 1 });
  drafts.interrupt();
  drafts.add({ kind: 'output', text: 'z\n', cause: 1 });
  expect(drafts.output(1)).toBe('a\n\n…\nz\n');
  expect(drafts.message).toBe('');
});
