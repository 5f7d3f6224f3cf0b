/** What a terminal would show of a text: colours and weights, and lines that were written over. */

export interface AnsiStyle {
  /** 0 to 15: of the palette; else a CSS colour. */
  readonly color?: number | string;
  readonly background?: number | string;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly underline?: boolean;
  readonly strike?: boolean;
  readonly inverse?: boolean;
}

export interface AnsiSpan {
  readonly text: string;
  readonly style: AnsiStyle;
}

export type AnsiLine = readonly AnsiSpan[];

const plain: AnsiStyle = {};

/** A control sequence, a string sequence such as a title or a link, another escape, or one control character. */
const sequence =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /\x1b\[([?<=>]*[\d;:]*)[ -/]*([@-~])|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]?|[\x00-\x08\x0b-\x1f\x7f]|\n/g;

export function ansiLines(text: string): readonly AnsiLine[] {
  const screen = new Screen();
  let end = 0;
  for (const match of text.matchAll(sequence)) {
    if (match.index > end) screen.write(text.slice(end, match.index));
    end = match.index + match[0].length;
    const [whole, parameters = '', final] = match;
    if (final !== undefined) screen.control(final, parameters);
    else if (whole === '\n') screen.feed();
    else if (whole === '\r') screen.column = 0;
    else if (whole === '\b') screen.column = Math.max(0, screen.column - 1);
  }
  if (end < text.length) screen.write(text.slice(end));
  return screen.lines;
}

/** The text alone. */
export function withoutAnsi(text: string): string {
  return ansiLines(text)
    .map((line) => line.map((span) => span.text).join(''))
    .join('\n');
}

class Screen {
  readonly lines: AnsiSpan[][] = [[]];
  column = 0;
  #row = 0;
  #style = plain;

  write(text: string): void {
    const line = this.#line;
    const width = widthOf(line);
    if (this.column === width) {
      append(line, text, this.#style);
    } else {
      const before = slice(line, 0, this.column);
      if (width < this.column) append(before, ' '.repeat(this.column - width), plain);
      const after = slice(line, this.column + text.length, width);
      append(before, text, this.#style);
      for (const span of after) append(before, span.text, span.style);
      this.lines[this.#row] = before;
    }
    this.column += text.length;
  }

  feed(): void {
    this.#row += 1;
    if (this.lines.length === this.#row) this.lines.push([]);
    this.column = 0;
  }

  control(final: string, parameters: string): void {
    const first = Number.parseInt(parameters, 10);
    const count = Number.isNaN(first) ? 1 : first;
    if (final === 'm') this.#style = restyled(this.#style, parameters);
    else if (final === 'K') this.#eraseLine(Number.isNaN(first) ? 0 : first);
    else if (final === 'G') this.column = Math.max(0, count - 1);
    else if (final === 'C') this.column += Math.min(count, 500);
    else if (final === 'D') this.column = Math.max(0, this.column - count);
    else if (final === 'A' || final === 'F') this.#move(-count, final === 'F');
    else if (final === 'B' || final === 'E') this.#move(count, final === 'E');
    else if (final === 'J') this.#eraseScreen(Number.isNaN(first) ? 0 : first);
  }

  get #line(): AnsiSpan[] {
    return this.lines[this.#row] ?? [];
  }

  #move(rows: number, toStart: boolean): void {
    this.#row = Math.min(Math.max(0, this.#row + rows), this.lines.length - 1);
    if (toStart) this.column = 0;
  }

  #eraseLine(mode: number): void {
    const line = this.#line;
    const width = widthOf(line);
    if (mode === 0) this.lines[this.#row] = slice(line, 0, this.column);
    else if (mode === 2) this.lines[this.#row] = [];
    else {
      const blank: AnsiSpan = { text: ' '.repeat(Math.min(this.column, width)), style: plain };
      this.lines[this.#row] = [blank, ...slice(line, this.column, width)];
    }
  }

  /** What is above a cleared screen has scrolled away in a terminal; here it stays. */
  #eraseScreen(mode: number): void {
    if (mode !== 0) return;
    this.#eraseLine(0);
    this.lines.length = this.#row + 1;
  }
}

function widthOf(line: AnsiLine): number {
  let width = 0;
  for (const { text } of line) width += text.length;
  return width;
}

function append(line: AnsiSpan[], text: string, style: AnsiStyle): void {
  if (text === '') return;
  const last = line.at(-1);
  if (last?.style === style) line[line.length - 1] = { text: last.text + text, style };
  else line.push({ text, style });
}

function slice(line: AnsiLine, from: number, to: number): AnsiSpan[] {
  const cut: AnsiSpan[] = [];
  let start = 0;
  for (const { text, style } of line) {
    append(cut, text.slice(Math.max(0, from - start), Math.max(0, to - start)), style);
    start += text.length;
  }
  return cut;
}

function restyled(style: AnsiStyle, parameters: string): AnsiStyle {
  const codes = parameters.split(/[;:]/).map((code) => (code === '' ? 0 : Number(code)));
  let next: AnsiStyle = style;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48) {
      const [color, used] = extendedColor(codes.slice(index + 1));
      index += used;
      if (color !== null) next = code === 38 ? { ...next, color } : { ...next, background: color };
    } else {
      next = withCode(next, code);
    }
  }
  return next;
}

const attributes: Readonly<Record<number, AnsiStyle>> = {
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  29: { strike: false },
};

function withCode(style: AnsiStyle, code: number): AnsiStyle {
  if (code === 0) return plain;
  const attribute = attributes[code];
  if (attribute !== undefined) return { ...style, ...attribute };
  if (code >= 30 && code <= 37) return { ...style, color: code - 30 };
  if (code >= 90 && code <= 97) return { ...style, color: code - 82 };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code >= 100 && code <= 107) return { ...style, background: code - 92 };
  if (code === 39) {
    const { color: _, ...rest } = style;
    return rest;
  }
  if (code === 49) {
    const { background: _, ...rest } = style;
    return rest;
  }
  return style;
}

/** A colour of the 256, or of all; and how many codes it took. */
function extendedColor([kind, ...codes]: readonly number[]): [color: number | string | null, used: number] {
  if (kind === 2) {
    const [red = 0, green = 0, blue = 0] = codes;
    return [`rgb(${byte(red)} ${byte(green)} ${byte(blue)})`, 4];
  }
  if (kind !== 5) return [null, 0];
  const [code = 0] = codes;
  if (code < 16) return [code, 2];
  if (code >= 232) {
    const grey = 8 + (byte(code) - 232) * 10;
    return [`rgb(${grey} ${grey} ${grey})`, 2];
  }
  const cube = code - 16;
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const [red, green, blue] = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level);
  return [`rgb(${red} ${green} ${blue})`, 2];
}

function byte(value: number): number {
  return Math.min(255, Math.max(0, Math.trunc(value) || 0));
}
