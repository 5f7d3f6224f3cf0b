import { afterAll, beforeAll } from 'vitest';
import { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts';
import { type TestDatabases, testDatabases } from '../fixtures/test-servers.ts';
import { eventStoreConformance } from './event-store.ts';

let databases: TestDatabases;
beforeAll(async () => {
  databases = await testDatabases();
}, 400_000);
afterAll(() => databases?.[Symbol.asyncDispose]());

eventStoreConformance('PostgreSQL', async () => {
  const url = await databases.create();
  let store = new PostgresEventStore({ url });
  await store.open();
  return {
    get store() {
      return store;
    },
    async reopen() {
      await store[Symbol.asyncDispose]();
      store = new PostgresEventStore({ url });
      await store.open();
      return store;
    },
    close: () => store[Symbol.asyncDispose](),
  };
});
