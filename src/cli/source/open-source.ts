/** Chooses where to read: what was named, else the data folder, else the server that holds it. */
import type { Config } from '../../config/index.ts';
import { ConveneError, isError } from '../../errors.ts';
import type { ConversationSource } from './conversation-source.ts';
import { openFolder, StoreSource } from './folder-source.ts';
import { openDatabase } from './open-database.ts';
import { ServerSource } from './server-source.ts';

export interface OpenSourceOptions {
  /** Of a server; default: the data folder. */
  readonly url?: string | undefined;
  readonly config: Readonly<Pick<Config, 'dataDir' | 'databaseUrl' | 'host' | 'port'>>;
  /** Told what was chosen, where that is not what one would expect. */
  readonly onNote?: (note: string) => void;
}

/**
 * Where a server holds the data folder, the one at the configured address is asked, if there is one.
 * Throws `not_connected`, and what `openFolder` throws.
 */
export async function openSource({ url, config, onNote }: OpenSourceOptions): Promise<ConversationSource> {
  if (url !== undefined) return ServerSource.open(url);
  if (config.databaseUrl !== null) {
    const store = await openDatabase(config.databaseUrl);
    return new StoreSource(store, store);
  }
  try {
    return await openFolder(config.dataDir);
  } catch (error) {
    if (!isError(error, 'already_running')) throw error;
    const guess = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${config.port}`;
    let server: ServerSource;
    try {
      server = await ServerSource.open(guess);
    } catch (cause) {
      const message = `${error.message} Or name the server with --url: at ${guess} none answers.`;
      throw new ConveneError('already_running', message, { cause, details: error.details });
    }
    onNote?.(`A server holds ${config.dataDir}: asked the one at ${guess}.`);
    return server;
  }
}
