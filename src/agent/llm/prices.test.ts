import { expect, it } from 'vitest';
import { costOf } from './prices.ts';

const million = 1_000_000;

it.each([
  ['gpt-4o', 2.5, 10],
  ['gpt-4o-mini-2024-07-18', 0.15, 0.6],
  ['claude-sonnet-4-5', 3, 15],
  ['claude-opus-4-5', 5, 25],
  ['openai/gpt-5', 1.25, 10],
])('a million tokens of %s cost %f USD in and %f USD out', (model, input, output) => {
  expect(costOf(model, { input: million, cached: 0, output: 0 })).toBeCloseTo(input);
  expect(costOf(model, { input: 0, cached: 0, output: million })).toBeCloseTo(output);
});

it('what the provider had in its cache costs a tenth', () => {
  expect(costOf('gpt-4o', { input: million, cached: million, output: 0 })).toBeCloseTo(0.25);
});

it('is not known for a model that is not listed', () => {
  expect(costOf('llama-3', { input: million, cached: 0, output: 0 })).toBeNull();
});
