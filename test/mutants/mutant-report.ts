import { z } from 'zod';

/** What became of a mutant. */
export const mutantReportSchema = z.object({
  name: z.string(),
  /** How many tests it passed. */
  passed: z.int(),
  /** The first test that failed; null: the mutant survived. */
  by: z.string().nullable(),
  /** Of the server's error, where that is why the test failed. */
  sqlState: z.string(),
  message: z.string(),
});

export type MutantReport = z.output<typeof mutantReportSchema>;
