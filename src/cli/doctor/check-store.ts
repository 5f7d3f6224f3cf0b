/** The store: opens, is sound, and is of a schema that this version knows. Reads only, also beside a running server. */
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { dataFolder } from '../../store/data-folder.ts';
import { newestVersion } from '../../store/sqlite/migrations.ts';
import { broken, type Check, ok, reasonOf, warning } from './check.ts';

const TIMEOUT_MS = 60_000;
const NAME = 'store';

const entry = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

const reportSchema = z.object({
  version: z.number(),
  minCompatible: z.number(),
  conversations: z.number(),
  damage: z.array(z.string()),
});

export async function checkStore(dataDir: string): Promise<Check> {
  const { log } = dataFolder(dataDir);
  let size: number;
  try {
    ({ size } = await stat(log));
  } catch {
    return ok(NAME, 'there is none yet: the server makes it'); // a folder that can't be read is another check's
  }
  const mb = `${(size / 1024 / 1024).toFixed(1)} MB`;
  const worker = new Worker(entry, { workerData: log });
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const [message] = await once(worker, 'message', { signal });
    const { conversations, damage, minCompatible, version } = reportSchema.parse(message);
    if (damage.length > 0) {
      const mend = `Stop the server, keep a copy of ${log}, and restore a backup, or \`convene export\` what can be read.`;
      return broken(NAME, `damaged: ${damage.join('; ')}`, mend);
    }
    if (minCompatible > newestVersion) {
      const found = `its schema is ${version}; this version knows ${newestVersion}`;
      return broken(NAME, found, 'Install the version of Convene that wrote it, or a newer one.');
    }
    return ok(NAME, `${conversations} conversations, ${mb}, sound, schema ${version}`);
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') {
      const found = `${mb} could not be looked through within ${TIMEOUT_MS / 1000} s`;
      return warning(NAME, found, 'Look again when the machine has less to do.');
    }
    const mend = `See that this user can read ${log}, and that it is SQLite’s.`;
    return broken(NAME, `can’t be opened: ${reasonOf(error)}`, mend);
  } finally {
    await worker.terminate();
  }
}
