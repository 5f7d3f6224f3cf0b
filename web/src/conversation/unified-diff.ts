/** The lines of a unified diff, as the server writes it for an edit. */

export interface DiffLine {
  readonly kind: 'added' | 'removed' | 'same' | 'gap';
  /** Line numbers, of the old and of the new text; null where it is not in it. */
  readonly before: number | null;
  readonly after: number | null;
  readonly text: string;
}

export interface Diff {
  readonly lines: readonly DiffLine[];
  readonly added: number;
  readonly removed: number;
}

export function parseDiff(text: string): Diff {
  const lines: DiffLine[] = [];
  let added = 0;
  let removed = 0;
  let before = 0;
  let after = 0;
  let isInHunk = false;
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@ ?(.*)$/.exec(line);
    if (hunk !== null) {
      if (isInHunk) lines.push({ kind: 'gap', before: null, after: null, text: hunk[3] ?? '' });
      before = Number(hunk[1]);
      after = Number(hunk[2]);
      isInHunk = true;
    } else if (!isInHunk || line.startsWith('\\')) {
      // the names of the files, or that there is no newline at the end
    } else if (line.startsWith('+')) {
      lines.push({ kind: 'added', before: null, after, text: line.slice(1) });
      after += 1;
      added += 1;
    } else if (line.startsWith('-')) {
      lines.push({ kind: 'removed', before, after: null, text: line.slice(1) });
      before += 1;
      removed += 1;
    } else {
      lines.push({ kind: 'same', before, after, text: line.slice(1) });
      before += 1;
      after += 1;
    }
  }
  return { lines, added, removed };
}
