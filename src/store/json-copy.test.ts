import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonCopy } from './json-copy.ts';

const throughText = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Everything that can be told of a value, the order of its properties and a zero's sign too. */
function expectSame(value: object): void {
  const copy = jsonCopy(value);
  expect(isDeepStrictEqual(copy, throughText(value))).toBe(true);
  expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
}

describe('a copy as JSON makes it', () => {
  it('is what the way through text gives', () => {
    const anything = fc.anything({
      withDate: true,
      withBoxedValues: true,
      withNullPrototype: true,
      withSparseArray: true,
      withMap: true,
    });
    const keys = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '1', '0', 'toString'));
    fc.assert(
      fc.property(
        fc.dictionary(keys, fc.oneof(anything, fc.double(), fc.constantFrom(undefined, -0))),
        (value) => {
          expectSame(value);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    { left: undefined, out: () => 1, too: Symbol('x') },
    { list: [undefined, () => 1, Symbol('x'), -0, Number.NaN, Number.POSITIVE_INFINITY] },
    { date: new Date(0), own: { toJSON: () => ({ a: [1] }) } },
    JSON.parse('{"__proto__":{"a":1},"b":{"__proto__":2}}'),
  ])('is right for special values', (value) => {
    expectSame(value);
  });

  it('shares no object with its original', () => {
    const original = { a: { b: [{ c: 1 }] } };
    const copy = jsonCopy(original);
    original.a.b[0] = { c: 2 };
    expect(copy).toEqual({ a: { b: [{ c: 1 }] } });
  });
});
