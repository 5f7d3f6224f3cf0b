/** `convene migrate`: the database of a cluster, up to date. A node does the same when it starts, under the same locks. */
import { makeClusterTablesIn } from '../cluster/cluster-tables.ts';
import type { Config } from '../config/index.ts';
import { ConveneError } from '../errors.ts';
import { ReleaseStack } from '../release-stack.ts';
import { PostgresEventStore } from '../store/postgres/postgres-event-store.ts';
import { PostgresFileStore } from '../store/postgres-file-store.ts';
import { print } from './output.ts';

export async function runMigrate({ databaseUrl: url }: Readonly<Config>): Promise<number> {
  if (url === null) {
    const message = 'Set DATABASE_URL: only the database of a cluster is brought up to date by this.';
    throw new ConveneError('invalid_config', message, { details: { key: 'databaseUrl' } });
  }
  await using opened = new ReleaseStack();
  await opened.use(new PostgresEventStore({ url })).open();
  await makeClusterTablesIn(url);
  // Any question makes its table.
  await opened.use(new PostgresFileStore({ url })).exists('migrate');
  await print('The database is up to date.\n');
  return 0;
}
