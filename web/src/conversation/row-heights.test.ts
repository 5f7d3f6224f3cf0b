import { expect, it } from 'vitest';
import { RowHeights } from './row-heights.ts';

it('agrees with plain sums over random changes', () => {
  const heights = new RowHeights(10);
  const plain: number[] = [];
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  for (let round = 0; round < 300; round += 1) {
    if (random(5) === 0) {
      const length = Math.max(0, plain.length + random(400) - 60);
      heights.resize(length);
      while (plain.length < length) plain.push(10);
      plain.length = length;
    } else if (plain.length > 0) {
      const row = random(plain.length);
      const height = random(4) * 25;
      heights.set(row, height);
      plain[row] = height;
    }
    const total = plain.reduce((sum, height) => sum + height, 0);
    expect(heights.total).toBe(total);
    const offset = random(total + 50);
    let sum = 0;
    let expected = 0;
    while (expected < plain.length - 1 && sum + (plain[expected] ?? 0) <= offset) {
      sum += plain[expected] ?? 0;
      expected += 1;
    }
    expect(heights.rowAt(offset)).toBe(expected);
    expect(heights.offsetOf(heights.rowAt(offset))).toBe(sum);
  }
});

it('skips rows without height', () => {
  const heights = new RowHeights(10);
  heights.resize(5);
  heights.set(1, 0);
  heights.set(2, 0);
  expect(heights.rowAt(9)).toBe(0);
  expect(heights.rowAt(10)).toBe(3);
  expect(heights.rowAt(1_000)).toBe(4);
});

it('takes a change of 100,000 rows in a moment', () => {
  const heights = new RowHeights(30);
  heights.resize(100_000);
  const startedAt = performance.now();
  for (let row = 0; row < 100_000; row += 1) heights.set(row, row % 50);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
  expect(heights.offsetOf(100_000)).toBe(heights.total);
});
