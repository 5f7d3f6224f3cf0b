import { expect, it } from 'vitest';
import { needOf, statusIn, steeringOf } from './agent-status.ts';
import { action, state } from './event-fixture.ts';

it('reads the state of an event, with its reason', () => {
  expect(statusIn(state(7, 'paused', 'because'))).toEqual({ state: 'paused', reason: 'because', since: 7 });
  expect(statusIn(action(7, 'think'))).toBeNull();
});

it('knows what needs a person, and what a person can do', () => {
  expect(needOf('awaiting_user_confirmation')).toBe('confirmation');
  expect(needOf('running')).toBeNull();
  expect(steeringOf('running')).toEqual({ pause: true, resume: false, stop: true, answer: false });
  expect(steeringOf('paused')).toEqual({ pause: false, resume: true, stop: true, answer: false });
  expect(steeringOf('awaiting_user_input')).toEqual({
    pause: false,
    resume: false,
    stop: false,
    answer: false,
  });
});
