import { afterAll, beforeAll } from 'vitest';
import { PostgresServer } from '../../scripts/servers/postgres.ts';
import { delay, systemClock } from '../../src/clock.ts';
import { NodeRows } from '../../src/cluster/node-rows.ts';
import { nodeRegistryConformance } from './node-registry.ts';

const leaseMs = 1_000;

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
}, 400_000);
afterAll(() => server[Symbol.asyncDispose]());

nodeRegistryConformance('in PostgreSQL', async () => ({
  registry: new NodeRows(await server.createDatabase(), systemClock, leaseMs),
  leaseMs,
  pass: (ms) => delay(systemClock, ms),
  async restart() {
    await server.stop('fast');
    await server.start();
  },
  [Symbol.asyncDispose]: async () => {},
}));
