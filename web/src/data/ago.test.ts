import { expect, it } from 'vitest';
import { ago } from './ago.ts';

const now = Date.parse('2026-06-15T12:00:00Z');

it.each([
  ['2026-06-15T12:00:30Z', 'now'],
  ['2026-06-15T11:59:30Z', 'now'],
  ['2026-06-15T11:55:00Z', '5m'],
  ['2026-06-15T09:00:00Z', '3h'],
  ['2026-06-13T12:00:00Z', '2d'],
  ['2026-05-01T12:00:00Z', 'May 1'],
  ['2025-05-01T12:00:00Z', 'May 1, 2025'],
])('%s was %j ago', (at, text) => expect(ago(at, now, 'en-US')).toBe(text));
