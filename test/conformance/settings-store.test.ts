import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FileSettingsStore } from '../../src/store/file-settings-store.ts';
import { MemoryFileStore } from '../../src/store/memory-file-store.ts';
import { defaultSettings } from '../../src/store/settings.ts';
import { settingsStoreConformance } from './settings-store.ts';

settingsStoreConformance('files', async () => {
  const files = new MemoryFileStore();
  return {
    settings: new FileSettingsStore(files, randomBytes(32)),
    async stored() {
      const keys = await files.list('');
      const contents = await Promise.all(keys.map((key) => files.read(key)));
      return Buffer.concat([Buffer.from(keys.join('\n')), ...contents]);
    },
    close: async () => {},
  };
});

describe('FileSettingsStore', () => {
  it('tells that the key is not the one that the settings were saved with', async () => {
    const files = new MemoryFileStore();
    await new FileSettingsStore(files, randomBytes(32)).save('ann', defaultSettings);
    const other = new FileSettingsStore(files, randomBytes(32));
    await expect(other.load('ann')).rejects.toMatchObject({ code: 'invalid_config' });
  });

  it('does not give one user the file of another', async () => {
    const files = new MemoryFileStore();
    const store = new FileSettingsStore(files, randomBytes(32));
    await store.save('ann', defaultSettings);
    const [anns] = await files.list('');
    await store.save('bob', { ...defaultSettings, llm_api_key: 'k' });
    const bobs = (await files.list('')).find((key) => key !== anns);
    await files.write(anns ?? '', await files.read(bobs ?? ''));
    await expect(store.load('ann')).rejects.toMatchObject({ code: 'invalid_config' });
  });
});
