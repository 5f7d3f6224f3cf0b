/**
 * The difference of two texts, line by line, in the unified format. The shortest edit is searched for by the greedy
 * algorithm of E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986); where the texts differ in more
 * than a bounded number of lines, what lies between their common beginning and end is given as replaced.
 */
import { splitLines } from './text-edit.ts';

const context = 3;
/** Differences that are searched for: memory grows with the square of it. */
const searchLimit = 250;
/** Longest diff in characters; what is over is left out, and said so. */
const textLimit = 100_000;

interface Edit {
  readonly kind: ' ' | '-' | '+';
  readonly line: string;
}

/** Empty where the texts are equal. `path` is shown in the heading. */
export function unifiedDiff(path: string, before: string, after: string): string {
  if (before === after) return '';
  const body = hunks(edits(splitLines(before), splitLines(after)));
  const diff = `--- a/${path}\n+++ b/${path}\n${body}`;
  if (diff.length <= textLimit) return diff;
  return `${diff.slice(0, diff.lastIndexOf('\n', textLimit) + 1)}[… the diff goes on: ${diff.length} characters in all …]\n`;
}

function edits(before: readonly string[], after: readonly string[]): Edit[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const same = (line: string): Edit => ({ kind: ' ', line });
  const removed = before.slice(start, before.length - end);
  const added = after.slice(start, after.length - end);
  return [
    ...before.slice(0, start).map(same),
    ...(shortestEdits(removed, added) ?? replaced(removed, added)),
    ...before.slice(before.length - end).map(same),
  ];
}

function replaced(removed: readonly string[], added: readonly string[]): Edit[] {
  const take = (kind: Edit['kind'], lines: readonly string[]): Edit[] =>
    lines.map((line) => ({ kind, line }));
  return [...take('-', removed), ...take('+', added)];
}

/**
 * The furthest points on each diagonal, for a growing number of edits, until the end of both is reached. Null where
 * that takes more than `searchLimit` edits.
 */
function shortestEdits(before: readonly string[], after: readonly string[]): Edit[] | null {
  const rounds: Map<number, number>[] = [];
  let furthest = new Map<number, number>([[1, 0]]);
  for (let count = 0; count <= searchLimit; count += 1) {
    rounds.push(furthest);
    const next = new Map(furthest);
    for (let diagonal = -count; diagonal <= count; diagonal += 2) {
      let x = startOn(diagonal, count, furthest);
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
      next.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) return traceBack(before, after, rounds);
    }
    furthest = next;
  }
  return null;
}

/** Where the path of `count` edits enters `diagonal`: from the one above (an addition) or below (a removal). */
function startOn(diagonal: number, count: number, furthest: ReadonlyMap<number, number>): number {
  const fromAbove = furthest.get(diagonal + 1) ?? -1;
  const fromBelow = furthest.get(diagonal - 1) ?? -1;
  const down = diagonal === -count || (diagonal !== count && fromBelow < fromAbove);
  return down ? fromAbove : fromBelow + 1;
}

function traceBack(
  before: readonly string[],
  after: readonly string[],
  rounds: readonly Map<number, number>[],
): Edit[] {
  const found: Edit[] = [];
  let x = before.length;
  let y = after.length;
  const same = (): void => {
    x -= 1;
    y -= 1;
    found.push({ kind: ' ', line: before[x] ?? '' });
  };
  for (let count = rounds.length - 1; count > 0; count -= 1) {
    const diagonal = x - y;
    const furthest = rounds[count] ?? new Map<number, number>();
    const start = startOn(diagonal, count, furthest);
    while (x > start) same();
    if (start === furthest.get(diagonal + 1)) {
      y -= 1;
      found.push({ kind: '+', line: after[y] ?? '' });
    } else {
      x -= 1;
      found.push({ kind: '-', line: before[x] ?? '' });
    }
  }
  while (x > 0) same();
  return found.reverse();
}

function hunks(all: readonly Edit[]): string {
  let text = '';
  let oldLine = 1;
  let newLine = 1;
  for (let at = 0; at < all.length; ) {
    const end = hunkEnd(all, at);
    if (end === null) break;
    const skipped = end.start - at;
    const hunk = all.slice(end.start, end.end);
    text += hunkText(hunk, oldLine + skipped, newLine + skipped);
    oldLine += skipped + hunk.filter(({ kind }) => kind !== '+').length;
    newLine += skipped + hunk.filter(({ kind }) => kind !== '-').length;
    at = end.end;
  }
  return text;
}

/** The next hunk from `at` on: changes that are near to each other, with their context. */
function hunkEnd(all: readonly Edit[], at: number): { start: number; end: number } | null {
  let first = at;
  while (first < all.length && all[first]?.kind === ' ') first += 1;
  if (first === all.length) return null;
  let last = first;
  for (let next = first; next < all.length && next - last <= 2 * context; next += 1) {
    if (all[next]?.kind !== ' ') last = next;
  }
  return { start: Math.max(at, first - context), end: Math.min(all.length, last + 1 + context) };
}

function hunkText(hunk: readonly Edit[], oldStart: number, newStart: number): string {
  const range = (start: number, without: Edit['kind']): string => {
    const count = hunk.filter(({ kind }) => kind !== without).length;
    return `${count === 0 ? start - 1 : start},${count}`;
  };
  const lines = hunk.map(({ kind, line }) =>
    line.endsWith('\n') ? kind + line : `${kind}${line}\n\\ No newline at end of file\n`,
  );
  return `@@ -${range(oldStart, '+')} +${range(newStart, '-')} @@\n${lines.join('')}`;
}
