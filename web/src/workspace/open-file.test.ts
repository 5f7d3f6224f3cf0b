import { describe, expect, it } from 'vitest';
import { isDirty, type OpenFile, type OpenFileStep, openFile, stepOpenFile } from './open-file.ts';

const having = (...steps: OpenFileStep[]): OpenFile => steps.reduce(stepOpenFile, openFile('one'));

describe('an open file', () => {
  it('is dirty while it differs from what was read', () => {
    expect(isDirty(openFile('one'))).toBe(false);
    expect(isDirty(having({ type: 'edit', text: 'two' }))).toBe(true);
    expect(isDirty(having({ type: 'edit', text: 'two' }, { type: 'edit', text: 'one' }))).toBe(false);
  });

  it('follows what is in the workspace while nobody edits it', () => {
    expect(having({ type: 'read', text: 'two' })).toEqual(openFile('two'));
  });

  it('keeps what was typed while it was being saved', () => {
    const file = having(
      { type: 'edit', text: 'two' },
      { type: 'saving' },
      { type: 'edit', text: 'three' },
      { type: 'saved', text: 'two' },
    );
    expect(file).toMatchObject({ base: 'two', text: 'three', isSaving: false });
    expect(isDirty(file)).toBe(true);
  });

  it('is in conflict when somebody else has changed it, and loses neither text', () => {
    const file = having({ type: 'edit', text: 'mine' }, { type: 'saving' }, { type: 'read', text: 'theirs' });
    expect(file).toMatchObject({ text: 'mine', theirs: 'theirs', isSaving: false });
    expect(stepOpenFile(file, { type: 'take-theirs' })).toEqual(openFile('theirs'));
    const kept = stepOpenFile(file, { type: 'keep-mine' });
    expect(kept).toMatchObject({ base: 'theirs', text: 'mine', theirs: null });
    expect(stepOpenFile(file, { type: 'discard' })).toEqual(openFile('theirs'));
  });

  it('is in no conflict any more when both are the same, or theirs is as it was', () => {
    const mine = { type: 'edit', text: 'mine' } as const;
    expect(having(mine, { type: 'read', text: 'theirs' }, { type: 'read', text: 'mine' })).toEqual(
      openFile('mine'),
    );
    expect(having(mine, { type: 'read', text: 'theirs' }, { type: 'read', text: 'one' })).toMatchObject({
      text: 'mine',
      theirs: null,
    });
  });

  it('says why it was not saved until something is done about it', () => {
    const file = having(
      { type: 'edit', text: 'two' },
      { type: 'saving' },
      { type: 'failed', message: 'No.' },
    );
    expect(file).toMatchObject({ failure: 'No.', isSaving: false, text: 'two' });
    expect(stepOpenFile(file, { type: 'saving' }).failure).toBeNull();
  });
});
