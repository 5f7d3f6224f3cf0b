import { mutantsOfAppendEffects } from './mutants-of-append-effects.ts';
import { mutantsOfAppendMany } from './mutants-of-append-many.ts';
import { mutantsOfAppendRules } from './mutants-of-append-rules.ts';
import { mutantsOfOwnership } from './mutants-of-ownership.ts';
import { mutantsOfReads } from './mutants-of-reads.ts';
import type { SqlMutant } from './sql-mutant.ts';

export const sqlMutants: readonly SqlMutant[] = [
  ...mutantsOfAppendRules,
  ...mutantsOfAppendEffects,
  ...mutantsOfAppendMany,
  ...mutantsOfOwnership,
  ...mutantsOfReads,
];

/** The store as it is, which every test must pass: else it is not the mutants that fail. */
export const unchanged: SqlMutant = {
  name: 'unchanged',
  file: 'statements.ts',
  replace: 'export const sql',
  by: 'export const sql',
  test: '',
};
