import { expect, it } from 'vitest';
import { PaletteColours } from './palette-colours.ts';

const ESC = '\u001b';

it.each([
  ['38;2;255;0;0', '38;5;196'],
  ['48;2;0;0;255', '48;5;21'],
  ['1;38;2;255;255;255;4', '1;38;5;231;4'],
  ['38:2::255:0:0', '38;5;196'],
  ['38:2:255:0:0', '38;5;196'],
  ['38;2;128;128;128', '38;5;244'],
  ['38;5;208', '38;5;208'],
  ['0', '0'],
  ['', ''],
])('%s is %s', (codes, expected) => {
  expect(new PaletteColours().push(`a${ESC}[${codes}mb`)).toBe(`a${ESC}[${expected}mb`);
});

it('waits for the rest of a colour that comes in pieces', () => {
  const text = `x${ESC}[38;2;255;0;0mred${ESC}[0m`;
  for (let at = 0; at <= text.length; at += 1) {
    const colours = new PaletteColours();
    expect(colours.push(text.slice(0, at)) + colours.push(text.slice(at))).toBe(
      `x${ESC}[38;5;196mred${ESC}[0m`,
    );
  }
});
