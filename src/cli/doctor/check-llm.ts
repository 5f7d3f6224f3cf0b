/** The language model that the settings or the configuration choose, by a tiny request to it. */
import { LlmFailure, type LlmFailureKind } from '../../agent/llm/llm-failure.ts';
import { LlmProvider } from '../../agent/llm/llm-provider.ts';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/index.ts';
import type { Settings } from '../../store/settings.ts';
import { broken, type Check, ok, reasonOf, warning } from './check.ts';

const TIMEOUT_MS = 20_000;
const NAME = 'language model';

export interface CheckLlmOptions {
  readonly config: Readonly<Pick<Config, 'llmModel' | 'llmApiKey' | 'llmBaseUrl'>>;
  /** What is stored; null: nothing. */
  readonly settings: Settings | null;
}

export async function checkLlm({ config, settings }: CheckLlmOptions): Promise<Check> {
  const llm = new LlmProvider({
    model: config.llmModel,
    apiKey: config.llmApiKey,
    baseUrl: config.llmBaseUrl,
    timeoutMs: TIMEOUT_MS,
    retries: 0,
    retryDelayMs: 0,
    clock: systemClock,
  }).for(settings);
  if (llm === null) {
    return ok(NAME, 'none is chosen: agents run without one (LLM_MODEL and LLM_API_KEY choose one)');
  }
  try {
    await llm.complete({
      system: 'Answer with one word.',
      messages: [{ role: 'user', text: 'Say: ok' }],
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return ok(NAME, `${llm.model} answers`);
  } catch (error) {
    if (!(error instanceof LlmFailure))
      return broken(NAME, `${llm.model}: ${reasonOf(error)}`, mends.timeout);
    const judge = error.kind === 'rate_limit' ? warning : broken;
    return judge(NAME, `${llm.model}: ${reasonOf(error)}`, mends[error.kind]);
  }
}

const mends: Readonly<Record<LlmFailureKind, string>> = {
  authentication: 'Set a valid key: LLM_API_KEY, or the settings.',
  quota: 'Add credit to the account, or choose another key or model.',
  rate_limit: 'The key and the model are right: wait a little.',
  unavailable: 'Check the network, proxies, and LLM_BASE_URL, or try again later.',
  internal: 'The provider has trouble: try again later, or choose another model.',
  timeout: 'Check the network, proxies, and LLM_BASE_URL, or try again later.',
  context_overflow: 'Choose a model that can read more.',
  refused: 'Check the name of the model, LLM_MODEL, and LLM_BASE_URL.',
};
