/** A table for a terminal. */
import { stripVTControlCharacters } from 'node:util';

/** Columns as wide as their content; the last one is cut where a line would be wider than `width`. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const lines = [head, ...rows.map((row) => row.map(oneLine))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => `${cut(line, widths, width)}\n`).join('');
}

function cut(line: readonly string[], widths: readonly number[], width: number): string {
  const text = line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  const trimmed = text.trimEnd();
  return trimmed.length > width ? `${trimmed.slice(0, Math.max(width - 1, 1))}…` : trimmed;
}

/** What others wrote must not steer the terminal, nor break the line. */
export function oneLine(text: string): string {
  return printable(text).replaceAll(/\s+/g, ' ').trim();
}

/** The same, with its lines and tabs kept. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return stripVTControlCharacters(text).replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}
