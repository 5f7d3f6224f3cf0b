/** A thread of its own: looking through a large file takes a while, and the command must be able to stop waiting. */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';

export interface StoreReport {
  readonly version: number;
  readonly minCompatible: number;
  readonly conversations: number;
  /** What SQLite finds wrong with the file; empty for a sound one. */
  readonly damage: readonly string[];
}

function look(file: string): StoreReport {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    const meta = database.prepare('SELECT value FROM meta WHERE name = ?');
    const numberOf = (name: string): number => Number(meta.get(name)?.['value'] ?? 0);
    const count = database.prepare('SELECT count(*) AS count FROM conversation').get()?.['count'];
    const lines = database
      .prepare('PRAGMA quick_check(5)')
      .all()
      .map((row) => String(row['quick_check']));
    return {
      version: numberOf('schema_version'),
      minCompatible: numberOf('min_compatible_version'),
      conversations: Number(count),
      damage: lines.filter((line) => line !== 'ok'),
    };
  } finally {
    database.close();
  }
}

parentPort?.postMessage(look(z.string().parse(workerData)));
