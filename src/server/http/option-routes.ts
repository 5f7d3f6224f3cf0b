/** `/api/options/…`: what a settings page offers. */
import { userOf } from '../user.ts';
import type { HttpApp, HttpParts } from './http-app.ts';

/** Suggestions: any name that the LLM's provider knows can be entered. */
const models = [
  'anthropic/claude-sonnet-4-5',
  'anthropic/claude-opus-4-1',
  'anthropic/claude-haiku-4-5',
  'openai/gpt-5',
  'openai/gpt-5-mini',
  'openai/gpt-4o',
  'gemini/gemini-2.5-pro',
  'gemini/gemini-2.5-flash',
  'mistral/mistral-large-latest',
  'deepseek/deepseek-chat',
  'ollama/llama3.1',
] as const;

export function optionRoutes(app: HttpApp, { agents, config, lacksLlm, settings }: HttpParts): void {
  const { llmModel } = config;

  /** What holds for a conversation that this user starts now, and where a settings page begins. */
  app.get('/api/options/defaults', async ({ raw }) => {
    const stored = await settings.load(userOf(raw));
    return {
      settings_are_stored: stored !== null,
      lacks_llm: lacksLlm(stored),
      has_llm: llmModel !== null || Boolean(stored?.llm_model),
      llm_model: llmModel,
      llm_api_key_is_set: config.llmApiKey !== null,
      agent: config.defaultAgent,
      max_iterations: config.maxIterations,
      max_budget: config.maxBudget,
      confirmation_mode: config.confirmationMode,
    };
  });

  const offered = llmModel === null ? models : [...new Set([llmModel, ...models])];
  app.get('/api/options/models', async () => offered);
  app.get('/api/options/agents', async () => agents);
  app.get('/api/options/security-analyzers', async () => []);
  app.get('/api/options/config', async () => ({
    APP_MODE: 'oss',
    GITHUB_CLIENT_ID: '',
    POSTHOG_CLIENT_KEY: '',
  }));
}
