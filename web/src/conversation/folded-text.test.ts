import { expect, it } from 'vitest';
import { firstLines, lastLines } from './folded-text.ts';

const numbers = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index).join('\n');

it('shows the end', () => {
  expect(lastLines(`${numbers(1, 20)}\n`, 3)).toEqual({ text: numbers(18, 20), hidden: 17 });
  expect(lastLines(numbers(1, 3), 3)).toEqual({ text: numbers(1, 3), hidden: 0 });
  expect(lastLines(numbers(1, 4), 3)).toEqual({ text: numbers(2, 4), hidden: 1 });
  expect(lastLines('', 3)).toEqual({ text: '', hidden: 0 });
});

it('shows the beginning', () => {
  expect(firstLines(`${numbers(1, 20)}\n`, 3)).toEqual({ text: numbers(1, 3), hidden: 17 });
  expect(firstLines(`${numbers(1, 3)}\n`, 3)).toEqual({ text: numbers(1, 3), hidden: 0 });
  expect(firstLines('', 3)).toEqual({ text: '', hidden: 0 });
});
