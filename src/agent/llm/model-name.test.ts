import { expect, it } from 'vitest';
import { placeOf } from './model-name.ts';

const proxy = 'http://proxy.test/v1';

it.each([
  ['openai/gpt-4o', null, 'openai', 'gpt-4o', 'https://api.openai.com/v1'],
  ['anthropic/claude-sonnet-4-5', null, 'anthropic', 'claude-sonnet-4-5', 'https://api.anthropic.com/v1'],
  [
    'gemini/gemini-2.5-pro',
    null,
    'google',
    'gemini-2.5-pro',
    'https://generativelanguage.googleapis.com/v1beta',
  ],
  ['deepseek/deepseek-chat', null, 'openai', 'deepseek-chat', 'https://api.deepseek.com/v1'],
  ['openrouter/meta-llama/llama-3', null, 'openai', 'meta-llama/llama-3', 'https://openrouter.ai/api/v1'],
  ['gpt-4o', null, 'openai', 'gpt-4o', 'https://api.openai.com/v1'],
  ['o4-mini', null, 'openai', 'o4-mini', 'https://api.openai.com/v1'],
  ['claude-sonnet-4-5', null, 'anthropic', 'claude-sonnet-4-5', 'https://api.anthropic.com/v1'],
  [
    'gemini-2.5-flash',
    null,
    'google',
    'gemini-2.5-flash',
    'https://generativelanguage.googleapis.com/v1beta',
  ],
  // An address: whatever it is called there.
  ['openai/local', proxy, 'openai', 'local', proxy],
  ['litellm_proxy/claude-sonnet-4-5', `${proxy}/`, 'openai', 'claude-sonnet-4-5', proxy],
  ['claude-sonnet-4-5', proxy, 'openai', 'claude-sonnet-4-5', proxy],
  ['meta-llama/llama-3', proxy, 'openai', 'meta-llama/llama-3', proxy],
  ['anthropic/claude', 'http://proxy.test', 'anthropic', 'claude', proxy],
  ['anthropic/claude', proxy, 'anthropic', 'claude', proxy],
] as const)('%s, with the address %s, is asked through the API of %s', (name, url, api, model, baseUrl) => {
  expect(placeOf(name, url)).toEqual({ api, model, baseUrl });
});

it.each(['meta-llama/llama-3', 'llama', 'litellm_proxy/gpt-4o', ''])(
  'nobody knows where to ask %j without an address',
  (name) => {
    expect(placeOf(name, null)).toBeNull();
  },
);
