import { expect, it } from 'vitest';
import { outcomeOf } from './upload.ts';

it('the report of an upload says how many files are there, and why others are not', () => {
  const report = { uploaded_files: ['a', 'b'], skipped_files: [{ name: 'c', reason: 'It is too large.' }] };
  expect(outcomeOf(report)).toEqual({ uploaded: 2, problems: ['c: It is too large.'] });
  for (const other of [null, undefined, 'x', {}, { uploaded_files: 1, skipped_files: [] }]) {
    expect(outcomeOf(other)).toBeNull();
  }
});
