import { expect, it } from 'vitest';
import { takeoverSince } from './moved.ts';

const takeover = (conversation: string, at: number, to: string) => ({
  conversation,
  from: 'a',
  to,
  cause: 'died',
  durationMs: 800,
  at: new Date(at).toISOString(),
});

it('finds the newest one of this conversation, since it was lost', () => {
  const takeovers = [
    takeover('other', 900_000, 'd'),
    takeover('own', 800_000, 'c'),
    takeover('own', 100_000, 'b'),
  ];
  expect(takeoverSince({ takeovers }, 'own', 790_000)?.to).toBe('c');
  expect(takeoverSince({ takeovers }, 'own', 900_000)).toBeNull();
});
