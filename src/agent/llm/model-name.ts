/**
 * Models by name, as LiteLLM writes them: `provider/model`, or a well-known name alone. What a name means also depends
 * on whether the address of an API is given:
 *
 *   openai/gpt-4o, anthropic/…, gemini/…   that provider's API, at the given address or its own
 *   gpt-4o, claude-…, gemini-…             the same, where no address is given
 *   anything else                          needs an address, and is asked there by that very name, in OpenAI's way
 */

export type LlmApi = 'openai' | 'anthropic' | 'google';

export interface ModelPlace {
  readonly api: LlmApi;
  /** As the API knows it. */
  readonly model: string;
  readonly baseUrl: string;
}

interface ProviderRow {
  readonly api: LlmApi;
  /** Null where only its user knows it. */
  readonly baseUrl: string | null;
}

const openai: ProviderRow = { api: 'openai', baseUrl: 'https://api.openai.com/v1' };
const anthropic: ProviderRow = { api: 'anthropic', baseUrl: 'https://api.anthropic.com/v1' };
const google: ProviderRow = {
  api: 'google',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
};

function compatible(baseUrl: string | null): ProviderRow {
  return { api: 'openai', baseUrl };
}

const providers: ReadonlyMap<string, ProviderRow> = new Map([
  ['openai', openai],
  ['anthropic', anthropic],
  ['gemini', google],
  ['google', google],
  ['deepseek', compatible('https://api.deepseek.com/v1')],
  ['groq', compatible('https://api.groq.com/openai/v1')],
  ['mistral', compatible('https://api.mistral.ai/v1')],
  ['ollama', compatible('http://localhost:11434/v1')],
  ['ollama_chat', compatible('http://localhost:11434/v1')],
  ['openrouter', compatible('https://openrouter.ai/api/v1')],
  ['together_ai', compatible('https://api.together.xyz/v1')],
  ['xai', compatible('https://api.x.ai/v1')],
  ['hosted_vllm', compatible(null)],
  ['litellm_proxy', compatible(null)],
  ['lm_studio', compatible(null)],
]);

const wellKnown: readonly (readonly [RegExp, ProviderRow])[] = [
  [/^(gpt-|chatgpt-|o\d)/, openai],
  [/^claude-/, anthropic],
  [/^gemini-/, google],
];

/** Null where the name does not say whom to ask and no address is given. */
export function placeOf(name: string, baseUrl: string | null): ModelPlace | null {
  const slash = name.indexOf('/');
  const provider = slash < 0 ? undefined : providers.get(name.slice(0, slash).toLowerCase());
  if (provider !== undefined) {
    const url = baseUrl ?? provider.baseUrl;
    return url === null ? null : place(provider.api, name.slice(slash + 1), url);
  }
  if (baseUrl !== null) return place('openai', name, baseUrl);
  const known = wellKnown.find(([pattern]) => pattern.test(name))?.[1];
  return known === undefined || known.baseUrl === null ? null : place(known.api, name, known.baseUrl);
}

function place(api: LlmApi, model: string, url: string): ModelPlace {
  const trimmed = url.replace(/\/+$/, '');
  // LiteLLM's addresses of Anthropic's API stand without the version.
  const baseUrl = api === 'anthropic' && !/\/v\d+$/.test(trimmed) ? `${trimmed}/v1` : trimmed;
  return { api, model, baseUrl };
}
