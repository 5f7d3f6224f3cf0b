import { describe, expect, it } from 'vitest';
import { type FileRow, fileRows, type Listing, treeStep } from './file-rows.ts';

const listed = (...paths: string[]): Listing => ({ state: 'listed', paths });
const listings = new Map<string, Listing>([
  ['', listed('b.txt', 'a10.txt', 'a9.txt', 'src/', 'empty/', 'late/', 'gone/')],
  ['src/', listed('src/main.ts', 'src/deep/')],
  ['src/deep/', listed('src/deep/x')],
  ['empty/', listed()],
  ['late/', { state: 'loading' }],
  ['gone/', { state: 'failed', message: 'It is gone.' }],
]);
const shown = (rows: readonly FileRow[]) => rows.map(({ level, name }) => `${' '.repeat(level)}${name}`);

describe('the rows', () => {
  it('are folders, then files, by name and with numbers in their order', () => {
    expect(shown(fileRows(listings, new Set()))).toEqual([
      ' empty',
      ' gone',
      ' late',
      ' src',
      ' a9.txt',
      ' a10.txt',
      ' b.txt',
    ]);
  });

  it('have what is in open folders, and say where there is nothing yet', () => {
    const rows = fileRows(listings, new Set(['src/', 'src/deep/', 'empty/', 'late/', 'gone/']));
    expect(shown(rows).slice(3, 7)).toEqual([' src', '  deep', '   x', '  main.ts']);
    const notes = rows.filter(({ note }) => note !== null).map(({ name, note }) => [name, note]);
    expect(notes).toEqual([
      ['empty', 'Empty'],
      ['gone', 'It is gone.'],
      ['late', 'Loading…'],
    ]);
    expect(rows.find(({ name }) => name === 'main.ts')).toMatchObject({ place: 2, siblings: 2 });
  });

  it('do not show what is open in a folder that is closed', () => {
    expect(fileRows(listings, new Set(['src/deep/']))).toHaveLength(7);
  });
});

describe('a key', () => {
  const rows = fileRows(listings, new Set(['src/']));
  it.each([
    ['ArrowDown', null, { to: 'empty/' }],
    ['ArrowDown', 'empty/', { to: 'gone/' }],
    ['ArrowDown', 'b.txt', null],
    ['ArrowUp', 'empty/', null],
    ['ArrowUp', 'gone/', { to: 'empty/' }],
    ['End', 'empty/', { to: 'b.txt' }],
    ['Home', 'b.txt', { to: 'empty/' }],
    ['ArrowRight', 'empty/', { open: 'empty/' }],
    ['ArrowRight', 'src/', { to: 'src/deep/' }],
    ['ArrowRight', 'b.txt', null],
    ['ArrowLeft', 'src/', { close: 'src/' }],
    ['ArrowLeft', 'src/main.ts', { to: 'src/' }],
    ['ArrowLeft', 'b.txt', null],
    ['Enter', 'b.txt', { choose: 'b.txt' }],
    [' ', 'src/', { close: 'src/' }],
    ['m', 'src/', { to: 'src/main.ts' }],
    ['e', 'b.txt', { to: 'empty/' }],
    ['Escape', 'b.txt', null],
  ])('%s at %s', (key, current, step) => {
    expect(treeStep(rows, current, key)).toEqual(step);
  });
});
