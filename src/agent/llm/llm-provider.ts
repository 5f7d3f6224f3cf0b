/** `LlmProvider`: the language model that a user's settings and the configuration choose. */
import type { Clock } from '../../clock.ts';
import type { Settings } from '../../store/settings.ts';
import type { Llm } from './llm.ts';
import { LlmFailure } from './llm-failure.ts';
import { placeOf } from './model-name.ts';
import { RetryingLlm } from './retrying-llm.ts';
import { SdkLlm } from './sdk-llm.ts';

export interface LlmProviderOptions {
  /** For whoever's settings name none; null: there is no other. */
  readonly model: string | null;
  readonly apiKey: string | null;
  /** Null: the provider's own. */
  readonly baseUrl: string | null;
  /** How long nothing may come from a model, in ms. */
  readonly timeoutMs: number;
  /** How often a request is repeated that failed for what may pass. */
  readonly retries: number;
  /** The wait before the first repetition, in ms; it doubles each time. */
  readonly retryDelayMs: number;
  readonly clock: Clock;
}

export class LlmProvider {
  readonly #options: LlmProviderOptions;

  constructor(options: LlmProviderOptions) {
    this.#options = options;
  }

  /** Whether these settings, or the configuration, name a model. */
  has(settings: Settings | null): boolean {
    return this.#model(settings) !== null;
  }

  /** Null where no model is named. Nothing is asked before the first request. */
  for(settings: Settings | null): Llm | null {
    const { baseUrl, clock, retries, retryDelayMs: delayMs, timeoutMs } = this.#options;
    const name = this.#model(settings);
    if (name === null) return null;
    const url = settings?.llm_base_url?.trim() || baseUrl;
    if (url !== null && !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
      return failing(
        name,
        'The address of the model (LLM_BASE_URL, or the settings page) is no http:// or https:// URL.',
      );
    }
    const place = placeOf(name, url);
    if (place === null) return failing(name, nowhere(name));
    const llm = new SdkLlm({ name, place, apiKey: this.#key(settings), timeoutMs, clock });
    return new RetryingLlm(llm, { clock, retries, delayMs });
  }

  #model(settings: Settings | null): string | null {
    return settings?.llm_model?.trim() || this.#options.model;
  }

  /** The server's key goes to the server's address only, never to one that a user names. */
  #key(settings: Settings | null): string | null {
    if (settings?.llm_api_key) return settings.llm_api_key;
    const own = settings?.llm_base_url;
    return own && own !== this.#options.baseUrl ? null : this.#options.apiKey;
  }
}

/** One that can't be asked: the first request says why. */
function failing(model: string, message: string): Llm {
  return { model, complete: () => Promise.reject(new LlmFailure('refused', message)) };
}

function nowhere(model: string): string {
  return `Nobody knows where to ask the model ${JSON.stringify(model)}. Write its provider before it, as in openai/gpt-4o, anthropic/claude-sonnet-4-5 or gemini/gemini-2.5-pro, or set LLM_BASE_URL.`;
}
