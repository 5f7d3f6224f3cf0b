import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFaithful, toFaithful } from './faithful-text.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);

describe('faithful text', () => {
  it('gives every string back', () => {
    fc.assert(fc.property(anyText, (text) => fromFaithful(toFaithful(text)) === text));
  });

  it('is text that databases keep', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(toFaithful(text).isWellFormed()).toBe(true);
        expect(toFaithful(text)).not.toContain('\0');
      }),
    );
  });

  it.each(['', 'A title', 'Ü 快 😀', "it's", 'a "quoted" word'])('leaves %j as it is', (text) => {
    expect(toFaithful(text)).toBe(text);
  });

  it('keeps apart a text and another one that looks like its escaped form', () => {
    const texts = ['\0', '"\\u0000"', '"', '"\\""', '\ud800', '"\\ud800"', '\ufffd'];
    expect(new Set(texts.map(toFaithful)).size).toBe(texts.length);
    expect(texts.map(toFaithful).map(fromFaithful)).toEqual(texts);
  });
});
