import { expect, it } from 'vitest';
import { clampWidth, widthAfter } from './split-width.ts';

it.each([
  [null, 1_400, 560],
  [500, 1_400, 500],
  [100, 1_400, 280],
  [1_300, 1_400, 1_000],
  [500, 600, 280],
])('%j of %i is %i', (wanted, whole, width) => {
  expect(clampWidth(wanted, whole)).toBe(width);
});

it.each([
  ['ArrowLeft', 524],
  ['ArrowRight', 476],
  ['Home', 1_000],
  ['End', 280],
  ['a', null],
])('%s makes 500 %j', (key, width) => {
  expect(widthAfter(key, 500, 1_400)).toBe(width);
});
