import { describe, expect, it } from 'vitest';
import { insertAfter, numbered, replaceLines, replaceOnce } from './text-edit.ts';

describe('replaceOnce', () => {
  it('replaces the one occurrence', () => {
    expect(replaceOnce('a\nb\nc\n', 'b', 'x\ny')).toEqual({ content: 'a\nx\ny\nc\n', line: 1, count: 2 });
  });

  it('takes the replacement as it is', () => {
    expect(replaceOnce('a', 'a', '$& $1').content).toBe('$& $1');
  });

  it.each([
    ['', 'is empty'],
    ['x', 'does not occur'],
    ['a', 'lines 1, 3'],
    ['b', 'Nothing was changed'],
  ])('refuses to replace %j', (wanted, reason) => {
    expect(() => replaceOnce('a\nb\na', wanted, 'b')).toThrow(reason);
  });

  it('counts occurrences that overlap', () => {
    expect(() => replaceOnce('aaa', 'aa', 'b')).toThrow('more than once');
  });
});

describe('insertAfter', () => {
  it.each([
    [0, 'x\na\nb\n'],
    [1, 'a\nx\nb\n'],
    [2, 'a\nb\nx'],
  ])('puts a line after line %d', (line, content) => {
    expect(insertAfter('a\nb\n', line, 'x').content).toBe(content);
  });

  it('begins a new line where the last one has no end', () => {
    expect(insertAfter('a', 1, 'x').content).toBe('a\nx');
  });

  it('refuses lines that are not there', () => {
    expect(() => insertAfter('a\nb\n', 3, 'x')).toThrow('from 0 to 2');
    expect(() => insertAfter('a\nb\n', -1, 'x')).toThrow('from 0 to 2');
  });
});

describe('replaceLines', () => {
  it.each([
    [0, 1, 'x\nb\nc\n'],
    [1, 2, 'a\nx\nc\n'],
    [1, -1, 'a\nx'],
    [3, -1, 'a\nb\nc\nx'],
    [1, 1, 'a\nx\nb\nc\n'],
  ])('replaces from %d to before %d', (start, end, expected) => {
    expect(replaceLines('a\nb\nc\n', start, end, 'x')).toBe(expected);
  });
});

describe('numbered', () => {
  it('puts the number before each line', () => {
    expect(numbered('a\nb', 9)).toBe('     9\ta\n    10\tb');
  });
});
