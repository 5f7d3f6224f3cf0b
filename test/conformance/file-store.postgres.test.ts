import { afterAll, beforeAll } from 'vitest';
import { PostgresFileStore } from '../../src/store/postgres-file-store.ts';
import { type TestDatabases, testDatabases } from '../fixtures/test-servers.ts';
import { fileStoreConformance } from './file-store.ts';

let databases: TestDatabases;
beforeAll(async () => {
  databases = await testDatabases();
}, 400_000);
afterAll(() => databases?.[Symbol.asyncDispose]());

fileStoreConformance('PostgreSQL', async () => {
  const store = new PostgresFileStore({ url: await databases.create() });
  return { files: store, close: () => store[Symbol.asyncDispose]() };
});
