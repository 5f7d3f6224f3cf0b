/** The settings that are stored: whether they can be opened. */
import { stat } from 'node:fs/promises';
import type { Config } from '../../config/index.ts';
import { dataFolder } from '../../store/data-folder.ts';
import { FileSettingsStore } from '../../store/file-settings-store.ts';
import { LocalFileStore } from '../../store/local-file-store.ts';
import { secretKey } from '../../store/secret-key.ts';
import type { Settings } from '../../store/settings.ts';
import { broken, type Check, ok, reasonOf } from './check.ts';

type SettingsConfig = Readonly<Pick<Config, 'dataDir' | 'secretKey'>>;

export interface SettingsReport {
  readonly check: Check;
  /** Null where there are none, or none that can be opened. */
  readonly settings: Settings | null;
}

const NAME = 'settings';

/** Those of a server without users. */
export async function checkSettings(config: SettingsConfig): Promise<SettingsReport> {
  try {
    const settings = await storedSettings(config);
    const found = settings === null ? 'none are stored' : 'are stored, and can be opened';
    return { check: ok(NAME, found), settings };
  } catch (error) {
    const mend =
      'Set CONVENE_SECRET_KEY, or put secret.key back, as it was when they were stored; or store them anew.';
    return { check: broken(NAME, reasonOf(error), mend), settings: null };
  }
}

/** Makes nothing: without the files folder there is neither a setting nor a key. */
async function storedSettings({ dataDir, secretKey: configured }: SettingsConfig): Promise<Settings | null> {
  const { files } = dataFolder(dataDir);
  try {
    await stat(files);
  } catch {
    return null;
  }
  const key = await secretKey(dataDir, configured ?? undefined);
  return new FileSettingsStore(new LocalFileStore(files), key).load('');
}
