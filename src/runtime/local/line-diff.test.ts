import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unifiedDiff } from './line-diff.ts';
import { splitLines } from './text-edit.ts';

/** Applies a unified diff, checking that what it removes and keeps is there. */
function patch(before: string, diff: string): string {
  const old = splitLines(before);
  const made: string[] = [];
  let at = 0;
  const lines = splitLines(diff.replaceAll('\n\\ No newline at end of file\n', '§')).slice(2);
  for (const raw of lines.flatMap((line) => line.split(/(?<=§)/))) {
    const line = raw.replace('§', '');
    const header = /^@@ -(\d+),(\d+) \+\d+,\d+ @@/.exec(line);
    if (header) {
      const start = Number(header[1]) - (header[2] === '0' ? 0 : 1);
      while (at < start) made.push(old[at++] ?? '');
      continue;
    }
    if (line[0] !== '+') expect(old[at++]).toBe(line.slice(1));
    if (line[0] !== '-') made.push(line.slice(1));
  }
  return [...made, ...old.slice(at)].join('');
}

describe('unifiedDiff', () => {
  it('is empty for equal texts', () => {
    expect(unifiedDiff('a.txt', 'x\n', 'x\n')).toBe('');
  });

  it('shows a change with three lines around it', () => {
    const before = '1\n2\n3\n4\n5\n6\n7\n8\n9\n';
    expect(unifiedDiff('a.txt', before, before.replace('5', 'five'))).toBe(
      '--- a/a.txt\n+++ b/a.txt\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n',
    );
  });

  it('gives changes that are far apart as hunks of their own', () => {
    const before = Array.from({ length: 30 }, (_, index) => `${index}\n`).join('');
    const diff = unifiedDiff('a', before, before.replace('2\n', 'two\n').replace('25\n', 'x\n'));
    expect(diff.match(/^@@ .*$/gm)).toEqual(['@@ -1,6 +1,6 @@', '@@ -23,7 +23,7 @@']);
  });

  it('shows a new file as added', () => {
    expect(unifiedDiff('a', '', 'x\ny')).toBe(
      '--- a/a\n+++ b/a\n@@ -0,0 +1,2 @@\n+x\n+y\n\\ No newline at end of file\n',
    );
  });

  it('leads from the one text to the other', () => {
    const text = fc
      .array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n'), { maxLength: 40 })
      .map((lines) => lines.join(''));
    fc.assert(
      fc.property(text, text, fc.boolean(), (before, after, open) => {
        const end = open ? `${after}end` : after;
        if (before !== end) expect(patch(before, unifiedDiff('a', before, end))).toBe(end);
      }),
    );
  });

  it('gives large texts that have nothing in common as replaced, as far as it is short', () => {
    const lines = (word: string): string =>
      Array.from({ length: 20_000 }, (_, index) => `${word}${index}\n`).join('');
    const diff = unifiedDiff('a', lines('a'), lines('b'));
    expect(diff).toMatch(/^--- a\/a\n\+\+\+ b\/a\n@@ -1,20000 \+1,20000 @@\n-a0\n-a1\n/);
    expect(diff).toContain('the diff goes on');
    expect(diff.length).toBeLessThan(101_000);
  });
});
