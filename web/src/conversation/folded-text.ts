/** The end of a long text: of what a command prints, the end says most. */

export interface FoldedText {
  readonly text: string;
  /** How many lines before it are left out. */
  readonly hidden: number;
}

export function lastLines(text: string, most: number): FoldedText {
  const end = text.endsWith('\n') ? text.length - 1 : text.length;
  let start = end;
  for (let shown = 0; shown < most; shown += 1) {
    start = text.lastIndexOf('\n', start - 1);
    if (start <= 0) break;
  }
  if (start <= 0) return { text: text.slice(0, end), hidden: 0 };
  return { text: text.slice(start + 1, end), hidden: linesIn(text.slice(0, start)) };
}

/** The beginning of a long text. */
export function firstLines(text: string, most: number): FoldedText {
  let end = -1;
  for (let shown = 0; shown < most; shown += 1) {
    end = text.indexOf('\n', end + 1);
    if (end === -1) return { text, hidden: 0 };
  }
  const rest = text.slice(end + 1).replace(/\n$/, '');
  return rest === ''
    ? { text: text.slice(0, end), hidden: 0 }
    : { text: text.slice(0, end), hidden: linesIn(rest) };
}

function linesIn(text: string): number {
  let lines = 1;
  for (let place = text.indexOf('\n'); place !== -1; place = text.indexOf('\n', place + 1)) lines += 1;
  return lines;
}
