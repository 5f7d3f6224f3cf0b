/** Edits of a text, as an agent asks for them. Pure; what does not fit is an `EditRefusal` that says why. */

/** Why an edit was not made, for the agent to read. */
export class EditRefusal extends Error {
  override readonly name = 'EditRefusal';
}

export interface TextEdit {
  readonly content: string;
  /** The first line (from 0) that the edit touches, and how many it has put there. */
  readonly line: number;
  readonly count: number;
}

/** Replaces the one occurrence of `wanted`. */
export function replaceOnce(text: string, wanted: string, replacement: string): TextEdit {
  if (wanted === '')
    throw new EditRefusal('old_str is empty. Use insert to add text, or create to make a file.');
  const at = text.indexOf(wanted);
  if (at < 0)
    throw new EditRefusal('old_str does not occur in the file. It must match exactly, white space included.');
  if (text.includes(wanted, at + 1)) {
    const lines = occurrences(text, wanted).join(', ');
    throw new EditRefusal(
      `old_str occurs more than once (lines ${lines}). Include more of what is around it.`,
    );
  }
  if (wanted === replacement) throw new EditRefusal('new_str is the same as old_str. Nothing was changed.');
  const content = text.slice(0, at) + replacement + text.slice(at + wanted.length);
  return { content, line: newlines(text.slice(0, at)), count: newlines(replacement) + 1 };
}

/** Puts `addition` after line `line` (counted from 1; 0: before the first). */
export function insertAfter(text: string, line: number, addition: string): TextEdit {
  const lines = splitLines(text);
  if (line < 0 || line > lines.length) {
    throw new EditRefusal(`insert_line must be from 0 to ${lines.length}, the number of lines in the file.`);
  }
  const before = lines.slice(0, line).join('');
  const after = lines.slice(line).join('');
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  const end = after === '' || addition.endsWith('\n') ? '' : '\n';
  return { content: before + gap + addition + end + after, line, count: splitLines(addition).length };
}

/** Puts `replacement` in the place of the lines from `start` (from 0) to before `end` (-1: all the rest). */
export function replaceLines(text: string, start: number, end: number, replacement: string): string {
  const lines = splitLines(text);
  const from = Math.max(0, start);
  const after = end < 0 ? [] : lines.slice(Math.max(from, end));
  const gap = after.length === 0 || replacement === '' || replacement.endsWith('\n') ? '' : '\n';
  return lines.slice(0, from).join('') + replacement + gap + after.join('');
}

/** Lines with their ends. */
export function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Lines with their numbers, the first being `first`. */
export function numbered(text: string, first: number): string {
  const lines = splitLines(text).map((line, index) => `${String(first + index).padStart(6)}\t${line}`);
  return lines.join('');
}

function newlines(text: string): number {
  return text.split('\n').length - 1;
}

/** The lines (from 1) of the first few occurrences. */
function occurrences(text: string, wanted: string): number[] {
  const lines: number[] = [];
  for (let at = text.indexOf(wanted); at >= 0 && lines.length < 10; at = text.indexOf(wanted, at + 1)) {
    lines.push(newlines(text.slice(0, at)) + 1);
  }
  return lines;
}
