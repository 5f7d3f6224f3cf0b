import type { PostgresEventStoreOptions } from '../../src/store/postgres/postgres-event-store.ts';

/**
 * A mutant of the SQL: the PostgreSQL store with one rule taken out. It must be caught by the conformance suite of
 * `EventStore`, or the suite does not test that rule. A mutant is a replacement in the text of a file, which must occur
 * exactly once.
 */
export interface SqlMutant {
  readonly name: string;
  /** Below `src/store/postgres`. */
  readonly file: string;
  readonly replace: string;
  readonly by: string;
  /** Of the store that it is tested with. */
  readonly options?: Pick<PostgresEventStoreOptions, 'manyFrom'>;
  /** The test, or the group of tests, that catches it: its suite and the beginning of its name. */
  readonly test: string;
}
