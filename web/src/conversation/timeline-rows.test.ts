import { describe, expect, it } from 'vitest';
import { action, lookup, observation, state } from './event-fixture.ts';
import { partsOf, REACH, roleOf, rowOf } from './timeline-rows.ts';

const asked = { command: 'rm -r build', confirmation_state: 'awaiting_confirmation' };
const confirmed = { ...asked, confirmation_state: 'confirmed' };

const log = [
  action(0, 'message', { content: 'go' }, { source: 'user' }),
  state(1, 'running'),
  action(2, 'run', { command: 'ls' }),
  observation(3, 'run', 'a', { metadata: { exit_code: 0 } }, { cause: 2 }),
  action(4, 'run', asked),
  state(5, 'awaiting_user_confirmation'),
  action(6, 'change_agent_state', { agent_state: 'user_confirmed', action_id: 4 }, { source: 'user' }),
  action(7, 'run', confirmed, { cause: 4 }),
  observation(8, 'run', '', { metadata: { exit_code: 1 } }, { cause: 7 }),
  action(9, 'null'),
  observation(10, 'error', 'no key', { error_id: 'X' }, { source: 'environment', cause: 0 }),
  state(11, 'error'),
  action(12, 'finish', { final_thought: 'Done.' }),
  state(13, 'finished'),
  action(14, 'run', { command: 'sleep 9' }),
  observation(15, 'error', 'interrupted', {}, { cause: 14 }),
  state(16, 'stopped'),
];
const get = lookup(log);

describe('rows', () => {
  it('has one for each thing that happened', () => {
    expect(log.filter((event) => roleOf(event, get) === 'row').map(({ id }) => id)).toEqual([
      0, 2, 4, 10, 12, 14, 16,
    ]);
    expect(log.filter((event) => roleOf(event, get) === 'part').map(({ id }) => id)).toEqual([3, 7, 8, 15]);
  });

  it('brings an action, its confirmed copy and what came of it together', () => {
    const parts = (id: number) => {
      const event = get(id);
      if (event === undefined) throw new Error(`no event ${id}`);
      const { copy, answer } = partsOf(event, get);
      return [copy?.id ?? null, answer?.id ?? null];
    };
    expect(parts(2)).toEqual([null, 3]);
    expect(parts(4)).toEqual([7, 8]);
    expect(parts(14)).toEqual([null, 15]);
  });

  it('finds the row that shows an event', () => {
    const rows = [3, 7, 8, 10].map((id) => rowOf(get(id) ?? state(id, 'error'), get));
    expect(rows).toEqual([2, 4, 4, 10]);
  });

  it('leaves an answer that came late on its own', () => {
    const late = observation(REACH + 3, 'run', '', {}, { cause: 2 });
    expect(roleOf(late, get)).toBe('row');
  });

  it('counts an answer as a part also while its action is not in memory', () => {
    const answer = observation(40, 'run', '', {}, { cause: 30 });
    expect(roleOf(answer, get)).toBe('part');
    expect(roleOf(observation(40, 'error', '', {}, { cause: 30 }), get)).toBe('row');
  });

  it('hides what was not for people', () => {
    expect(roleOf(action(20, 'run', { command: 'x', hidden: true }), get)).toBe('hidden');
    expect(roleOf(observation(20, 'run', '', { hidden: true }), get)).toBe('hidden');
  });
});
