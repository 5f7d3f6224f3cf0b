/** What models cost, as their providers list it: enough to keep a budget, not to check a bill. */

/** US dollars for a million tokens, in and out, by the beginning of a model's name; the first that fits counts. */
const prices: readonly (readonly [name: string, input: number, output: number])[] = [
  ['claude-opus-4-5', 5, 25],
  ['claude-opus-4', 15, 75],
  ['claude-sonnet-4', 3, 15],
  ['claude-3-7-sonnet', 3, 15],
  ['claude-3-5-sonnet', 3, 15],
  ['claude-haiku-4', 1, 5],
  ['claude-3-5-haiku', 0.8, 4],
  ['gpt-5-nano', 0.05, 0.4],
  ['gpt-5-mini', 0.25, 2],
  ['gpt-5', 1.25, 10],
  ['gpt-4.1-nano', 0.1, 0.4],
  ['gpt-4.1-mini', 0.4, 1.6],
  ['gpt-4.1', 2, 8],
  ['gpt-4o-mini', 0.15, 0.6],
  ['gpt-4o', 2.5, 10],
  ['o3', 2, 8],
  ['o4-mini', 1.1, 4.4],
  ['gemini-2.5-pro', 1.25, 10],
  ['gemini-2.5-flash-lite', 0.1, 0.4],
  ['gemini-2.5-flash', 0.3, 2.5],
  ['deepseek-', 0.28, 0.42],
];

/** What a token costs that is read from the provider's cache, of one that is not. */
const CACHED = 0.1;

export interface TokenUse {
  readonly input: number;
  /** Of `input`. */
  readonly cached: number;
  readonly output: number;
}

/** US dollars; null where the model's price is not known. `model`: without its provider. */
export function costOf(model: string, { cached, input, output }: TokenUse): number | null {
  const name = model.slice(model.lastIndexOf('/') + 1);
  const price = prices.find(([beginning]) => name.startsWith(beginning));
  if (price === undefined) return null;
  const [, perInput, perOutput] = price;
  return ((input - cached + cached * CACHED) * perInput + output * perOutput) / 1_000_000;
}
