import type { StoredEvent } from 'convene/client';
import { expect, it } from 'vitest';
import { lossIn, mayChangeFiles } from './file-changes.ts';

const envelope = { id: 1, timestamp: '', source: 'environment', message: '' } as const;
const error = (error_id: string): StoredEvent => ({
  ...envelope,
  observation: 'error',
  content: 'It is gone.',
  extras: { error_id },
});
const think: StoredEvent = { ...envelope, observation: 'think', content: '', extras: {} };
const command: StoredEvent = { ...envelope, action: 'think', args: { thought: '' } };

it('what was done may have changed files; what was only said or asked for has not', () => {
  expect(mayChangeFiles(error(''))).toBe(true);
  expect([think, command].map(mayChangeFiles)).toEqual([false, false]);
});

it('the loss of a workspace is told in the words of the log', () => {
  expect(lossIn(error('AGENT_ERROR$WORKSPACE_GONE'))).toBe('It is gone.');
  expect([error(''), think, command].map(lossIn)).toEqual([null, null, null]);
});
