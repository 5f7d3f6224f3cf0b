import { describe, expect, it } from 'vitest';
import {
  defaultSettings,
  keyMask,
  maskSettings,
  mergeSettings,
  postedSettingsSchema,
  type Settings,
  secretsOf,
  settingsSchema,
} from './settings.ts';

const stored: Settings = {
  ...defaultSettings,
  language: 'de',
  llm_model: 'a/model',
  llm_api_key: 'sk-1',
  github_token: 'ghp-1',
  user_consents_to_analytics: true,
  enable_default_condenser: true,
  max_iterations: 7,
};

/** What a post makes of the stored settings, as the HTTP layer reads it. */
const post = (body: object, before: Settings | null = stored) =>
  mergeSettings(before, postedSettingsSchema.parse(body));

describe('settings that go out', () => {
  it('tell that there is a key and a token, not what they are', () => {
    const masked = maskSettings(stored);
    expect(masked.llm_api_key).toBe('**********');
    expect(masked.github_token_is_set).toBe(true);
    expect(JSON.stringify(masked)).not.toMatch(/sk-1|ghp-1|"github_token"/);
  });

  it('tell that there is none', () => {
    expect(maskSettings(defaultSettings)).toMatchObject({ llm_api_key: null, github_token_is_set: false });
    const empty = { ...defaultSettings, llm_api_key: '', github_token: '' };
    expect(maskSettings(empty)).toMatchObject({ llm_api_key: null, github_token_is_set: false });
  });

  it('have every field of the wire', () => {
    expect(Object.keys(maskSettings(defaultSettings)).sort()).toEqual(
      [
        'language',
        'agent',
        'max_iterations',
        'security_analyzer',
        'confirmation_mode',
        'llm_model',
        'llm_api_key',
        'llm_base_url',
        'remote_runtime_resource_factor',
        'enable_default_condenser',
        'user_consents_to_analytics',
        'github_token_is_set',
      ].sort(),
    );
  });
});

describe('settings that come in', () => {
  it('keep the stored key, token and consent where they are missing or null', () => {
    const kept = { llm_api_key: 'sk-1', github_token: 'ghp-1', user_consents_to_analytics: true };
    expect(post({})).toMatchObject(kept);
    expect(post({ llm_api_key: null, github_token: null, user_consents_to_analytics: null })).toMatchObject(
      kept,
    );
    expect(post({ llm_api_key: keyMask })).toMatchObject(kept);
  });

  it('replace them where they are given', () => {
    const posted = { llm_api_key: 'sk-2', github_token: 'ghp-2', user_consents_to_analytics: false };
    expect(post(posted)).toMatchObject(posted);
  });

  it('remove a key or a token that is empty', () => {
    expect(post({ llm_api_key: '', github_token: '' })).toMatchObject({
      llm_api_key: null,
      github_token: null,
    });
  });

  it('remove the token where they say so', () => {
    expect(post({ unset_github_token: true })).toMatchObject({ github_token: null });
    expect(post({ unset_github_token: true, github_token: 'x' })).toMatchObject({ github_token: null });
    expect(post({ unset_github_token: false })).toMatchObject({ github_token: 'ghp-1' });
  });

  it('keep every field that is missing, and clear what is null', () => {
    expect(post({})).toEqual(stored);
    expect(post({ language: null, max_iterations: null })).toEqual({
      ...stored,
      language: null,
      max_iterations: null,
    });
    expect(post({ enable_default_condenser: null })).toEqual(stored);
  });

  it('begin from the defaults where none are stored', () => {
    expect(post({ llm_model: 'm' }, null)).toEqual({ ...defaultSettings, llm_model: 'm' });
    expect(post({ user_consents_to_analytics: null }, null)).toEqual(defaultSettings);
  });

  it('drop fields that nobody knows', () => {
    expect(post({ unheard_of: 1 })).toEqual(stored);
  });

  it.each([{ max_iterations: 'many' }, { max_iterations: 0 }, { language: 1 }, { confirmation_mode: 'yes' }])(
    'are refused as %j',
    (body) => {
      expect(postedSettingsSchema.safeParse(body).success).toBe(false);
    },
  );
});

describe('settings that are stored', () => {
  it('get defaults for what an older version did not store', () => {
    expect(settingsSchema.parse({ language: 'de' })).toEqual({ ...defaultSettings, language: 'de' });
  });

  it('name their secrets', () => {
    expect(secretsOf(stored)).toEqual(['sk-1', 'ghp-1']);
    expect(secretsOf(defaultSettings)).toEqual([]);
    expect(secretsOf({ ...defaultSettings, llm_api_key: '', github_token: 'g' })).toEqual(['g']);
  });
});
