import { expect, it } from 'vitest';
import { moved, noHistory, withCommand } from './command-history.ts';

it('goes back to what was typed, and forward to the draft', () => {
  const history = withCommand(withCommand(noHistory, 'one'), 'two');
  const first = moved(history, -1, 'dra');
  expect(first?.text).toBe('two');
  const second = first && moved(first.history, -1, 'two');
  expect(second?.text).toBe('one');
  expect(second && moved(second.history, -1, 'one')).toBeNull();
  const forth = second && moved(second.history, 1, 'one');
  expect(forth?.text).toBe('two');
  const draft = forth && moved(forth.history, 1, 'two');
  expect(draft?.text).toBe('dra');
  expect(draft && moved(draft.history, 1, 'dra')).toBeNull();
});

it('has each command once, at its newest place, and not too many', () => {
  expect(withCommand(withCommand(withCommand(noHistory, 'a'), 'b'), 'a').commands).toEqual(['b', 'a']);
  let history = noHistory;
  for (let n = 0; n < 300; n += 1) history = withCommand(history, `${n}`);
  expect(history.commands).toHaveLength(200);
  expect(moved(noHistory, -1, '')).toBeNull();
});
