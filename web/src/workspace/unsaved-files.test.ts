import { expect, it } from 'vitest';
import { openFile, stepOpenFile } from './open-file.ts';
import { keepUnsaved, unsavedOf } from './unsaved-files.ts';

it('what is not saved is there again, each conversation its own', () => {
  const edited = stepOpenFile(openFile('one'), { type: 'edit', text: 'two' });
  const saving = stepOpenFile(edited, { type: 'saving' });
  keepUnsaved(
    'a',
    new Map([
      ['edited', saving],
      ['clean', openFile('x')],
    ]),
  );
  expect(unsavedOf('a')).toEqual(new Map([['edited', edited]]));
  expect(unsavedOf('b').size).toBe(0);
  keepUnsaved('a', new Map([['edited', openFile('two')]]));
  expect(unsavedOf('a').size).toBe(0);
});
