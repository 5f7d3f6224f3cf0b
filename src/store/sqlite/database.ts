/** Connections to the store's files, opened alike by every thread. */
import { DatabaseSync } from 'node:sqlite';
import { ConveneError } from '../../errors.ts';

/** Where the files of a store lie. */
export interface StoreFiles {
  /** The log: conversations, events, snapshots. */
  readonly log: string;
  /** The search index. It is made from the log and may be deleted while no server runs. */
  readonly search: string;
}

export function filesOf(log: string): StoreFiles {
  return { log, search: `${log.replace(/\.(db|sqlite)$/, '')}.search.db` };
}

const pageBytes = 8192;
/** What a page takes in the write-ahead log. */
export const walFrameBytes = pageBytes + 24;

/** The one connection that writes the log. A commit is on the disk when it is answered. */
export function openForWriting(files: StoreFiles): DatabaseSync {
  return open(files.log, (database) => {
    database.exec(`
      PRAGMA page_size = ${pageBytes};
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = 1000;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA cache_size = -65536;
    `);
  });
}

/** A connection that reads the log and its index. */
export function openForReading(files: StoreFiles): DatabaseSync {
  return open(files.log, (database) => {
    database.exec('PRAGMA cache_size = -32768; PRAGMA query_only = ON;');
    database.prepare('ATTACH DATABASE ? AS search').run(files.search);
  });
}

/** The one connection that writes the index. A power cut may cost the index its last commits: it takes them in anew. */
export function openForIndexing(files: StoreFiles): DatabaseSync {
  return open(files.search, (database) => {
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA cache_size = -32768;
    `);
    database.prepare('ATTACH DATABASE ? AS log').run(files.log);
  });
}

function open(file: string, prepare: (database: DatabaseSync) => void): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 5000 });
    database.exec('PRAGMA temp_store = MEMORY;');
    prepare(database);
    return database;
  } catch (cause) {
    database?.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConveneError('store_unavailable', `The database ${file} cannot be opened: ${reason}.`, {
      cause,
    });
  }
}
