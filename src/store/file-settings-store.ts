/** `SettingsStore` on a `FileStore`: one sealed file a user, which opens for that user only. */
import { createHash } from 'node:crypto';
import { ConveneError, isError } from '../errors.ts';
import type { FileStore } from './file-store.ts';
import { seal, unseal } from './sealing.ts';
import { type Settings, settingsSchema } from './settings.ts';
import type { SettingsStore } from './settings-store.ts';

export class FileSettingsStore implements SettingsStore {
  readonly #files: FileStore;
  readonly #key: Uint8Array;

  /** @param key The server's secret key, 32 bytes. */
  constructor(files: FileStore, key: Uint8Array) {
    this.#files = files;
    this.#key = key;
  }

  /** Throws `invalid_config` where the file was sealed with another key. */
  async load(userId: string): Promise<Settings | null> {
    const sealed = await this.#read(fileOf(userId));
    if (sealed === null) return null;
    const parsed = settingsSchema.safeParse(JSON.parse(unseal(sealed, this.#key, contextOf(userId))));
    if (!parsed.success) throw new ConveneError('internal', 'The stored settings are not readable.');
    return parsed.data;
  }

  async save(userId: string, settings: Settings): Promise<void> {
    const sealed = seal(JSON.stringify(settings), this.#key, contextOf(userId));
    await this.#files.write(fileOf(userId), sealed);
  }

  async #read(file: string): Promise<string | null> {
    try {
      return Buffer.from(await this.#files.read(file)).toString('utf8');
    } catch (error) {
      if (isError(error, 'file_not_found')) return null;
      throw error;
    }
  }
}

/** A user's name may be any text: its hash is a safe name for a file, whatever the case rules of the disk. */
function fileOf(userId: string): string {
  return `settings/${createHash('sha256').update(JSON.stringify(userId)).digest('hex')}.sealed`;
}

function contextOf(userId: string): string {
  return JSON.stringify(['settings', userId]);
}
