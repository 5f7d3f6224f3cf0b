/** The port `SettingsStore`: the settings of each user. Suite: `test/conformance/settings-store.ts`. */
import type { Settings } from './settings.ts';

export interface SettingsStore {
  /** Null where this user has stored none. `userId` is empty where the server has no users. */
  load(userId: string): Promise<Settings | null>;
  save(userId: string, settings: Settings): Promise<void>;
}
