/** The settings that are stored: whether they can be opened, and which language model they choose. */
import { stat } from 'node:fs/promises';
import type { Config } from '../../config/index.ts';
import { dataFolder } from '../../store/data-folder.ts';
import { FileSettingsStore } from '../../store/file-settings-store.ts';
import { LocalFileStore } from '../../store/local-file-store.ts';
import { secretKey } from '../../store/secret-key.ts';
import type { Settings } from '../../store/settings.ts';
import type { Model } from './ask-model.ts';
import { broken, type Check, ok, reasonOf } from './check.ts';

type SettingsConfig = Pick<Config, 'dataDir' | 'secretKey' | 'llmModel' | 'llmApiKey' | 'llmBaseUrl'>;

export interface SettingsReport {
  readonly check: Check;
  /** What agents ask; null: none is chosen. */
  readonly model: Model | null;
}

const NAME = 'settings';

/** Those of a server without users. */
export async function checkSettings(config: Readonly<SettingsConfig>): Promise<SettingsReport> {
  try {
    const settings = await storedSettings(config);
    const found = settings === null ? 'none are stored' : 'are stored, and can be opened';
    return { check: ok(NAME, found), model: modelOf(settings, config) };
  } catch (error) {
    const mend =
      'Set CONVENE_SECRET_KEY, or put secret.key back, as it was when they were stored; or store them anew.';
    return { check: broken(NAME, reasonOf(error), mend), model: modelOf(null, config) };
  }
}

/** Null where there are none. Makes nothing: without the files folder there is neither a setting nor a key. */
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

/** The server's own key goes to the server's own address only. */
function modelOf(settings: Settings | null, config: SettingsConfig): Model | null {
  const name = settings?.llm_model || config.llmModel;
  if (name === null) return null;
  const own = settings?.llm_base_url || null;
  const isElsewhere = own !== null && own !== config.llmBaseUrl;
  return {
    name,
    baseUrl: own ?? config.llmBaseUrl,
    apiKey: settings?.llm_api_key || (isElsewhere ? null : config.llmApiKey),
  };
}
