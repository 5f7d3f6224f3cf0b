import { expect, it } from 'vitest';
import { eventHash, eventOfHash } from './event-link.ts';

it('names an event', () => {
  expect(eventOfHash(eventHash(120))).toBe(120);
  for (const hash of ['', '#event-', '#event--1', '#event-1x', '#other'])
    expect(eventOfHash(hash)).toBeNull();
});
