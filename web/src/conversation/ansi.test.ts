import { expect, it } from 'vitest';
import { ansiLines, withoutAnsi } from './ansi.ts';

it('leaves a plain text as it is', () => {
  expect(ansiLines('a\nb\tc\n')).toEqual([[{ text: 'a', style: {} }], [{ text: 'b\tc', style: {} }], []]);
});

it('reads colours and weights', () => {
  expect(ansiLines('\x1b[1;31mred\x1b[0m and \x1b[92;44mgreen\x1b[39m.')).toEqual([
    [
      { text: 'red', style: { bold: true, color: 1 } },
      { text: ' and ', style: {} },
      { text: 'green', style: { color: 10, background: 4 } },
      { text: '.', style: { background: 4 } },
    ],
  ]);
});

it.each([
  ['\x1b[38;5;196mx', 'rgb(255 0 0)'],
  ['\x1b[38;5;244mx', 'rgb(128 128 128)'],
  ['\x1b[38;5;9mx', 9],
  ['\x1b[38;2;1;2;3mx', 'rgb(1 2 3)'],
  ['\x1b[38;2;1;2;999mx', 'rgb(1 2 255)'],
])('reads a colour of the many: %j', (text, color) => {
  expect(ansiLines(text)[0]?.[0]?.style.color).toBe(color);
});

it.each([
  ['10%\r20%\r100%', '100%'],
  ['longer\rab', 'abnger'],
  ['longer\r\x1b[Kab', 'ab'],
  ['longer\x1b[2K\rab', 'ab'],
  ['abc\b\bX', 'aXc'],
  ['a\r\nb', 'a\nb'],
  ['one\ntwo\x1b[1A\rONE', 'ONE\ntwo'],
  ['one\x1b[5Gx', 'one x'],
  ['ab\x1b[1K', '  '],
  ['one\ntwo\nthree\x1b[2A\x1b[J', 'one'],
])('shows what a terminal would: %j', (text, shown) => {
  expect(withoutAnsi(text)).toBe(shown);
});

it.each([
  ['\x1b]0;title\x07text', 'text'],
  ['\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\', 'link'],
  ['\x1b[?25lhidden\x1b[?25h', 'hidden'],
  ['\x1b(Btext\x1b=', 'text'],
  ['bell\x07 null\x00', 'bell null'],
  ['cut off \x1b[3', 'cut off 3'],
])('shows nothing of what only a terminal understands: %j', (text, shown) => {
  expect(withoutAnsi(text)).toBe(shown);
});

it('puts what is written over a coloured text between its parts', () => {
  expect(ansiLines('\x1b[31mabcdef\x1b[0m\x1b[3GX')).toEqual([
    [
      { text: 'ab', style: { color: 1 } },
      { text: 'X', style: {} },
      { text: 'def', style: { color: 1 } },
    ],
  ]);
});

it('reads a large output in a moment', () => {
  const text = Array.from({ length: 20_000 }, (_, line) => `\x1b[32mok\x1b[0m test ${line}`).join('\n');
  const startedAt = performance.now();
  expect(ansiLines(text)).toHaveLength(20_000);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});
