/** The settings form between what is stored and what is posted. */
import type { MaskedSettings, PostedSettings } from 'convene/client';

export interface SettingsDraft {
  readonly model: string;
  /** Null: what is stored stays. Empty: it is removed. */
  readonly key: string | null;
  readonly baseUrl: string;
  /** Empty: the server's choice. */
  readonly agent: string;
  readonly confirmation: 'default' | 'on' | 'off';
  /** As it was typed; empty: the server's. */
  readonly maxIterations: string;
}

export function draftOf(stored: MaskedSettings | null): SettingsDraft {
  const confirmation = stored?.confirmation_mode ?? null;
  return {
    model: stored?.llm_model ?? '',
    key: null,
    baseUrl: stored?.llm_base_url ?? '',
    agent: stored?.agent ?? '',
    confirmation: confirmation === null ? 'default' : confirmation ? 'on' : 'off',
    maxIterations: String(stored?.max_iterations ?? ''),
  };
}

/** What is wrong, by field. */
export type DraftProblems = Partial<Record<keyof SettingsDraft, string>>;

export function problemsOf({ baseUrl, maxIterations }: SettingsDraft): DraftProblems {
  const steps = maxIterations.trim();
  return {
    ...(baseUrl.trim() === '' || isHttp(baseUrl.trim())
      ? {}
      : { baseUrl: 'An address that begins with http:// or https://.' }),
    ...(steps === '' || /^[1-9]\d{0,8}$/.test(steps) ? {} : { maxIterations: 'A whole number from 1 on.' }),
  };
}

export function postedOf(draft: SettingsDraft): PostedSettings {
  const { agent, baseUrl, confirmation, key, maxIterations, model } = draft;
  return {
    llm_model: model.trim() || null,
    llm_base_url: baseUrl.trim() || null,
    agent: agent || null,
    confirmation_mode: confirmation === 'default' ? null : confirmation === 'on',
    max_iterations: maxIterations.trim() === '' ? null : Number(maxIterations.trim()),
    ...(key === null ? {} : { llm_api_key: key.trim() }),
  };
}

function isHttp(address: string): boolean {
  return /^https?:$/.test(URL.parse(address)?.protocol ?? '');
}
