/**
 * A user's settings: as they are stored, as they go out (without secrets), as they come in, and how what comes in
 * changes what is stored. Names are those of the wire.
 */
import { z } from 'zod';

const text = z.string().nullable();
const flag = z.boolean().nullable();

/** The stored form. What an older version did not store has a default. */
export const settingsSchema = z.object({
  language: text.default(null),
  agent: text.default(null),
  max_iterations: z.int().positive().nullable().default(null),
  security_analyzer: text.default(null),
  confirmation_mode: flag.default(null),
  llm_model: text.default(null),
  llm_api_key: text.default(null),
  llm_base_url: text.default(null),
  remote_runtime_resource_factor: z.number().nullable().default(null),
  enable_default_condenser: z.boolean().default(false),
  user_consents_to_analytics: flag.default(null),
  github_token: text.default(null),
});
export type Settings = z.output<typeof settingsSchema>;

/** What a client may post: any part of the settings. */
export const postedSettingsSchema = z.object({
  language: text.optional(),
  agent: text.optional(),
  max_iterations: z.int().positive().nullish(),
  security_analyzer: text.optional(),
  confirmation_mode: flag.optional(),
  llm_model: text.optional(),
  llm_api_key: text.optional(),
  llm_base_url: text.optional(),
  remote_runtime_resource_factor: z.number().nullish(),
  enable_default_condenser: z.boolean().nullish(),
  user_consents_to_analytics: flag.optional(),
  github_token: text.optional(),
  unset_github_token: z.boolean().nullish(),
});
export type PostedSettings = z.output<typeof postedSettingsSchema>;

/** The wire form: tells that there are secrets, never what they are. */
export interface MaskedSettings extends Omit<Settings, 'github_token'> {
  readonly github_token_is_set: boolean;
}

/** What a stored API key reads as. */
export const keyMask = '**********';

export const defaultSettings: Settings = settingsSchema.parse({});

export function maskSettings({ github_token, ...settings }: Settings): MaskedSettings {
  return {
    ...settings,
    llm_api_key: isSet(settings.llm_api_key) ? keyMask : null,
    github_token_is_set: isSet(github_token),
  };
}

/**
 * What is stored after a post. A field that is missing keeps what is stored; so does a key, a token or a consent that
 * is null, and a key that reads as its mask. An empty key or token is removed.
 */
export function mergeSettings(stored: Settings | null, posted: PostedSettings): Settings {
  const before = stored ?? defaultSettings;
  const { unset_github_token, ...fields } = posted;
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return settingsSchema.parse({
    ...before,
    ...given,
    enable_default_condenser: fields.enable_default_condenser ?? before.enable_default_condenser,
    llm_api_key: secret(before.llm_api_key, fields.llm_api_key === keyMask ? null : fields.llm_api_key),
    github_token: unset_github_token ? null : secret(before.github_token, fields.github_token),
    user_consents_to_analytics: fields.user_consents_to_analytics ?? before.user_consents_to_analytics,
  });
}

/** What must never be in a log, on the wire or in an error. */
export function secretsOf({ github_token, llm_api_key }: Settings): string[] {
  return [llm_api_key, github_token].filter(isSet);
}

function secret(stored: string | null, posted: string | null | undefined): string | null {
  return posted === '' ? null : (posted ?? stored);
}

function isSet(value: string | null): value is string {
  return value !== null && value !== '';
}
