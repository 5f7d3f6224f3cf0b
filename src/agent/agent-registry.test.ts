import { describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { defaultSettings, type Settings } from '../store/settings.ts';
import { scriptedAgent } from '../testing/scripted-agent.ts';
import { AgentRegistry } from './agent-registry.ts';
import { LlmProvider } from './llm/llm-provider.ts';

function llms(model: string | null = null): LlmProvider {
  const options = { apiKey: null, baseUrl: null, timeoutMs: 1, retries: 0, retryDelayMs: 0 };
  return new LlmProvider({ ...options, model, clock: systemClock });
}

function chosen(registry: AgentRegistry, settings: Partial<Settings> | null = null): string {
  return registry.create({
    sid: 's',
    settings: settings === null ? null : { ...defaultSettings, ...settings },
  }).name;
}

describe('the agent of a conversation', () => {
  it('is the ShellAgent where there is no model', () => {
    expect(chosen(new AgentRegistry())).toBe('ShellAgent');
    expect(chosen(new AgentRegistry(undefined, [], llms()))).toBe('ShellAgent');
    expect(chosen(new AgentRegistry(undefined, [], llms()), {})).toBe('ShellAgent');
  });

  it('is the CodeActAgent where the configuration or the settings have one', () => {
    expect(chosen(new AgentRegistry(undefined, [], llms('gpt-4o')))).toBe('CodeActAgent');
    expect(chosen(new AgentRegistry(undefined, [], llms()), { llm_model: 'gpt-4o' })).toBe('CodeActAgent');
  });

  it('is the one that the settings name, if there is one of that name', () => {
    const registry = new AgentRegistry(undefined, [], llms('gpt-4o'));
    expect(chosen(registry, { agent: 'ShellAgent' })).toBe('ShellAgent');
    expect(chosen(registry, { agent: 'BrowsingAgent' })).toBe('CodeActAgent');
  });

  it('is the one that the configuration names, for settings that name none', () => {
    const mine = scriptedAgent([], { name: 'Mine' });
    const registry = new AgentRegistry(
      'Mine',
      [['Mine', { needsLlm: false, create: () => mine }]],
      llms('gpt-4o'),
    );
    expect(registry.names).toEqual(['ShellAgent', 'CodeActAgent', 'Mine']);
    expect(chosen(registry)).toBe('Mine');
    expect(chosen(registry, { agent: 'CodeActAgent' })).toBe('CodeActAgent');
  });
});

it('settings lack a model where their agent needs one and nobody names one', () => {
  const registry = new AgentRegistry(undefined, [], llms());
  const codeAct = { ...defaultSettings, agent: 'CodeActAgent' };
  expect(registry.lacksLlm(null)).toBe(false);
  expect(registry.lacksLlm(codeAct)).toBe(true);
  expect(registry.lacksLlm({ ...codeAct, llm_model: 'gpt-4o' })).toBe(false);
  expect(new AgentRegistry(undefined, [], llms('gpt-4o')).lacksLlm(codeAct)).toBe(false);
});

it('an agent without a model says at its first step what to set', async () => {
  const registry = new AgentRegistry('CodeActAgent', [], llms());
  const agent = registry.create({ sid: 's', settings: null });
  const step = agent.step({
    sid: 's',
    state: 0,
    signal: new AbortController().signal,
    history: async () => [],
    stream: () => {},
    notify: () => {},
  });
  await expect(step).rejects.toMatchObject({
    message: expect.stringContaining('set LLM_MODEL and LLM_API_KEY'),
    errorId: 'CONFIGURATION$SETTINGS_NOT_FOUND',
  });
});
