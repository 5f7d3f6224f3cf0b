import { afterAll, beforeAll, describe } from 'vitest';
import { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts';
import { type TestDatabases, testDatabases } from '../fixtures/test-servers.ts';
import { sharedEventStoreConformance } from './event-store.ts';
import { postgresSuite } from './event-store-postgres.ts';
import { postgresStores } from './postgres-stores.ts';

let databases: TestDatabases;
beforeAll(async () => {
  databases = await testDatabases();
}, 400_000);
afterAll(() => databases?.[Symbol.asyncDispose]());

const create = postgresStores(PostgresEventStore, () => databases.create());
sharedEventStoreConformance('PostgreSQL', create);
sharedEventStoreConformance(
  'PostgreSQL, every batch as a set that may be one',
  postgresStores(PostgresEventStore, () => databases.create(), { manyFrom: 1 }),
);
describe('EventStore: PostgreSQL', () => {
  describe('within', () => postgresSuite(create));
});
