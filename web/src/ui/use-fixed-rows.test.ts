import { expect, it } from 'vitest';
import { rowsWithin } from './use-fixed-rows.ts';

it.each([
  ['at the top', 0, 560, 100, { from: 0, to: 18 }],
  ['in the middle', 2_800, 560, 100, { from: 42, to: 68 }],
  ['at the end', 5_040, 560, 100, { from: 82, to: 100 }],
  ['of a list that has shrunk', 50_000, 560, 10, { from: 10, to: 10 }],
  ['of nothing', 0, 560, 0, { from: 0, to: 0 }],
])('%s', (_, top, height, count, range) => expect(rowsWithin(top, height, 56, count)).toEqual(range));
