/** The tests that must catch a mutant of the PostgreSQL store, on that mutant. */
import { beforeEach, describe } from 'vitest';
import type { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts';
import { appendSuite } from '../conformance/event-store-append.ts';
import { claimSuite } from '../conformance/event-store-claims.ts';
import { nodesSuite } from '../conformance/event-store-nodes.ts';
import { postgresSuite } from '../conformance/event-store-postgres.ts';
import { readSuite } from '../conformance/event-store-reads.ts';
import { textSuite } from '../conformance/event-store-text.ts';
import { postgresStores } from '../conformance/postgres-stores.ts';
import { testDatabases } from '../fixtures/test-servers.ts';
import type { SqlMutant } from './sql-mutant.ts';

const suites = {
  append: appendSuite,
  ownership: claimSuite,
  reads: readSuite,
  text: textSuite,
  'several nodes': nodesSuite,
  within: postgresSuite,
};

/** `test` is that of a mutant. The first failure ends it. */
export function mutantConformance(
  Store: typeof PostgresEventStore,
  test: string,
  options: SqlMutant['options'],
): void {
  let isCaught = false;
  beforeEach(({ onTestFailed, skip, task }) => {
    if (isCaught || !task.fullTestName.startsWith(test)) skip();
    onTestFailed(() => {
      isCaught = true;
    });
  });

  const create = postgresStores(
    Store,
    async () => {
      // That of `DATABASE_URL`: `run.ts` ends it, with all databases.
      const databases = await testDatabases();
      return databases.create();
    },
    options,
  );
  for (const [part, suite] of Object.entries(suites)) {
    if (test === '' || test.startsWith(part)) describe(part, () => suite(create));
  }
}
