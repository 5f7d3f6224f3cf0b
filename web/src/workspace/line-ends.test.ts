import { expect, it } from 'vitest';
import { asIn, forEditor } from './line-ends.ts';

it.each(['', 'one', 'one\ntwo\n', 'one\r\ntwo\r\n', 'one\r\ntwo'])('%j is the same again', (text) => {
  expect(forEditor(text)).not.toContain('\r');
  expect(asIn(text, forEditor(text))).toBe(text);
});

it('new lines end as most of the others do', () => {
  expect(asIn('a\r\nb\r\nc\n', 'a\nb\nc\nd')).toBe('a\r\nb\r\nc\r\nd');
  expect(asIn('a\r\nb\nc\n', 'a\nb\nd')).toBe('a\nb\nd');
});
