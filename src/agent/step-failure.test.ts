import { expect, it } from 'vitest';
import { StepError, stepFailure } from './step-failure.ts';

it('a StepError says itself what becomes of it, and is nothing unexpected', () => {
  const error = new StepError('The model is busy.', {
    errorId: 'LLM$BUSY',
    state: 'rate_limited',
    status: 'STATUS$LLM_RETRY',
  });
  expect(stepFailure(error)).toEqual({
    message: 'The model is busy.',
    errorId: 'LLM$BUSY',
    state: 'rate_limited',
    status: 'STATUS$LLM_RETRY',
    unexpected: false,
  });
});

it('a StepError that says nothing more is an error without a status', () => {
  expect(stepFailure(new StepError('The key was refused.'))).toEqual({
    message: 'The key was refused.',
    errorId: 'AGENT_ERROR$STEP',
    state: 'error',
    status: null,
    unexpected: false,
  });
});

it('a StepError keeps what caused it, for the log of the server', () => {
  const cause = new Error('ECONNRESET');
  expect(new StepError('The model is away.', { cause }).cause).toBe(cause);
});

it.each<[string, unknown, string]>([
  ['an error', new TypeError('x is not a function'), 'The agent failed: x is not a function'],
  ['a text', 'no more tokens', 'The agent failed: no more tokens'],
  ['nothing', undefined, 'The agent failed: undefined'],
])(
  '%s that is thrown otherwise is unexpected, and the user is told what it says',
  (_what, thrown, message) => {
    expect(stepFailure(thrown)).toEqual({
      message,
      errorId: 'AGENT_ERROR$STEP',
      state: 'error',
      status: null,
      unexpected: true,
    });
  },
);
