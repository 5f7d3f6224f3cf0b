import { expect, it } from 'vitest';
import type { StoredEvent } from '../events/event.ts';
import { WaitingEvents } from './waiting-events.ts';

function event(id: number): StoredEvent {
  return {
    id,
    timestamp: '2026-01-01T00:00:00Z',
    source: 'agent',
    message: '',
    action: 'think',
    args: { thought: '' },
  };
}

it('takes each event once, in order', () => {
  const waiting = new WaitingEvents(3, () => {});
  expect([3, 4, 5, 4, 7].map((id) => waiting.push(event(id)))).toEqual([false, true, true, false, true]);
  expect([waiting.shift()?.id, waiting.shift()?.id, waiting.shift()?.id, waiting.shift()]).toEqual([
    4,
    5,
    7,
    undefined,
  ]);
  expect(waiting.cursor).toBe(7);
});

it('drops what comes while it is full, and asks for it again once all is read', () => {
  let asked = 0;
  const waiting = new WaitingEvents(-1, () => asked++, 2);
  for (const id of [0, 1, 2, 3]) waiting.push(event(id));
  expect(waiting.cursor).toBe(1);
  waiting.shift();
  expect(waiting.push(event(2))).toBe(false);
  expect(asked).toBe(0);
  waiting.shift();
  expect(asked).toBe(1);
  expect(waiting.push(event(2))).toBe(true);
});
