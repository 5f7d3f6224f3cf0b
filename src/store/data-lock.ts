/**
 * The lock on a data folder: one server at a time. It is a file lock of the kernel's, which ends with the process that
 * holds it, however that one ends. SQLite takes it for us: the holder keeps a write transaction open on a small
 * database, in which others can read who it is.
 */
import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConveneError } from '../errors.ts';

export const lockFile = 'server.lock';

/** How long to wait for a server that is just writing its name. */
const busyTimeoutMs = 200;

/**
 * Locks `dir` until the answer is disposed of; makes the folder (mode 0700) where it is missing.
 * Throws `already_running`, whose `details.pid` is the other server's process id, or `store_unavailable`.
 */
export async function lockDataDir(dir: string): Promise<Disposable> {
  const file = path.join(dir, lockFile);
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const database = new DatabaseSync(file, { timeout: busyTimeoutMs });
    try {
      await chmod(file, 0o600);
      hold(database);
    } catch (error) {
      if (!isBusy(error)) throw error;
      throw alreadyRunning(dir, holderOf(database), error);
    } finally {
      if (!database.isTransaction) database.close();
    }
    return { [Symbol.dispose]: () => database.close() };
  } catch (cause) {
    if (cause instanceof ConveneError) throw cause;
    throw new ConveneError('store_unavailable', `The data folder ${dir} cannot be used.`, { cause });
  }
}

/** Between the two transactions another server may come first: then the second one fails, and that server holds it. */
function hold(database: DatabaseSync): void {
  database.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS holder (pid INTEGER NOT NULL) STRICT;
    DELETE FROM holder;
  `);
  database.prepare('INSERT INTO holder VALUES (?)').run(process.pid);
  database.exec('COMMIT; BEGIN IMMEDIATE;');
}

function holderOf(database: DatabaseSync): number | null {
  const pid = database.prepare('SELECT pid FROM holder').get()?.['pid'];
  return typeof pid === 'number' ? pid : null;
}

function alreadyRunning(dir: string, pid: number | null, cause: unknown): ConveneError {
  const who = pid === null ? 'Another server' : `The server with process id ${pid}`;
  const message = `${who} uses the data folder ${dir}. Stop it, or choose another folder.`;
  return new ConveneError('already_running', message, { details: { dir, pid }, cause });
}

const sqliteBusy = 5;

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy;
}
