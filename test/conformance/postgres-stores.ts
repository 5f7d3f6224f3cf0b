/** Stores on databases of PostgreSQL, for the suites of `EventStore`. */
import type {
  PostgresEventStore,
  PostgresEventStoreOptions,
} from '../../src/store/postgres/postgres-event-store.ts';
import type { SharedStoreUnderTest } from './event-store-fixtures.ts';

export interface PostgresStoreUnderTest extends SharedStoreUnderTest {
  /** Of its database. */
  readonly url: string;
}

export function postgresStores(
  Store: typeof PostgresEventStore,
  createDatabase: () => Promise<string>,
  options: Pick<PostgresEventStoreOptions, 'manyFrom'> = {},
): () => Promise<PostgresStoreUnderTest> {
  return async () => {
    const url = await createDatabase();
    const opened: PostgresEventStore[] = [];
    const open = async (): Promise<PostgresEventStore> => {
      const store = new Store({ url, ...options });
      opened.push(store);
      await store.open();
      return store;
    };
    let store = await open();
    return {
      url,
      get store() {
        return store;
      },
      async reopen() {
        await store[Symbol.asyncDispose]();
        store = await open();
        return store;
      },
      another: open,
      async close() {
        for (const one of opened) await one[Symbol.asyncDispose]();
      },
    };
  };
}
