/** What lies where in a server's data folder. */
import path from 'node:path';

export interface DataFolder {
  /** The log: SQLite's file; its index and SQLite's own files lie beside it. */
  readonly log: string;
  /** Uploads, settings and other blobs. */
  readonly files: string;
}

export function dataFolder(dir: string): DataFolder {
  return { log: path.join(dir, 'convene.db'), files: path.join(dir, 'files') };
}
