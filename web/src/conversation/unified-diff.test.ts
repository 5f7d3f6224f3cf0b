import { expect, it } from 'vitest';
import { parseDiff } from './unified-diff.ts';

it('numbers the lines of both texts', () => {
  const diff = parseDiff('--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n');
  expect(diff.lines.map(({ kind, before, after, text }) => [kind, before, after, text])).toEqual([
    ['same', 1, 1, 'one'],
    ['removed', 2, null, 'two'],
    ['added', null, 2, '2'],
    ['same', 3, 3, 'three'],
  ]);
  expect([diff.added, diff.removed]).toEqual([1, 1]);
});

it('marks what was left out between two places', () => {
  const diff = parseDiff(
    '--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n@@ -9,1 +9,2 @@ function f\n x\n+y\n\\ No newline at end of file\n',
  );
  expect(diff.lines.map(({ kind, after }) => [kind, after])).toEqual([
    ['removed', null],
    ['added', 1],
    ['gap', null],
    ['same', 9],
    ['added', 10],
  ]);
});

it('takes lines that look like headers for what they are within a change', () => {
  const diff = parseDiff('--- a/f\n+++ b/f\n@@ -1,1 +1,1 @@\n--- x\n+++ y\n');
  expect(diff.lines.map(({ kind, text }) => [kind, text])).toEqual([
    ['removed', '-- x'],
    ['added', '++ y'],
  ]);
});

it('has nothing to say of no change', () => {
  expect(parseDiff('')).toEqual({ lines: [], added: 0, removed: 0 });
});
