/** The suite that every `SettingsStore` passes. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultSettings, type Settings } from '../../src/store/settings.ts';
import type { SettingsStore } from '../../src/store/settings-store.ts';

export interface SettingsStoreUnderTest {
  readonly settings: SettingsStore;
  /** All bytes that lie where the settings are kept. */
  stored(): Promise<Buffer>;
  close(): Promise<void>;
}

export function settingsStoreConformance(name: string, create: () => Promise<SettingsStoreUnderTest>): void {
  describe(`SettingsStore: ${name}`, () => {
    let under: SettingsStoreUnderTest;
    let store: SettingsStore;

    beforeEach(async () => {
      under = await create();
      store = under.settings;
    });
    afterEach(() => under.close());

    const full: Settings = {
      language: 'de',
      agent: 'CodeActAgent',
      max_iterations: 50,
      security_analyzer: 'invariant',
      confirmation_mode: true,
      llm_model: 'a/model',
      llm_api_key: 'sk-very-secret',
      llm_base_url: 'https://example.org',
      remote_runtime_resource_factor: 2,
      enable_default_condenser: true,
      user_consents_to_analytics: false,
      github_token: 'ghp-very-secret',
    };

    it('has none at first', async () => {
      expect(await store.load('ann')).toBeNull();
      expect(await store.load('')).toBeNull();
    });

    it('gives back what was saved last', async () => {
      await store.save('ann', defaultSettings);
      expect(await store.load('ann')).toEqual(defaultSettings);
      await store.save('ann', full);
      expect(await store.load('ann')).toEqual(full);
    });

    it('keeps users apart, whatever they are called', async () => {
      const users = [
        '',
        'ann',
        'Ann',
        'ann/../bob',
        '../ann',
        'a\0b',
        '\ud800',
        '\udbff',
        'x'.repeat(3000),
        '.',
        'é',
      ];
      for (const [n, user] of users.entries()) await store.save(user, { ...full, max_iterations: n + 1 });
      for (const [n, user] of users.entries()) {
        expect(await store.load(user)).toEqual({ ...full, max_iterations: n + 1 });
      }
    });

    it('keeps no secret, and nothing else, in the clear', async () => {
      await store.save('ann', full);
      const stored = (await under.stored()).toString('latin1');
      for (const text of ['sk-very-secret', 'ghp-very-secret', 'a/model', 'ann'])
        expect(stored).not.toContain(text);
    });

    it('has one of the saves that come at once', async () => {
      await Promise.all([1, 2, 3, 4, 5].map((n) => store.save('ann', { ...full, max_iterations: n })));
      expect([1, 2, 3, 4, 5]).toContain((await store.load('ann'))?.max_iterations);
    });
  });
}
