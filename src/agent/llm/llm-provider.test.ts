import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { defaultSettings } from '../../store/settings.ts';
import { MockLlm } from '../../testing/mock-llm.ts';
import { LlmProvider, type LlmProviderOptions } from './llm-provider.ts';

const clock = new VirtualClock();

function provider(options: Partial<LlmProviderOptions> = {}): LlmProvider {
  const none = { model: null, apiKey: null, baseUrl: null };
  return new LlmProvider({ ...none, timeoutMs: 60_000, retries: 0, retryDelayMs: 1, clock, ...options });
}

const request = {
  system: 'Be brief.',
  messages: [{ role: 'user', text: 'Hello.' }],
  signal: AbortSignal.timeout(5_000),
} as const;

it('has a model where the settings or the configuration name one', () => {
  expect(provider().has(null)).toBe(false);
  expect(provider().for(null)).toBeNull();
  expect(provider().has({ ...defaultSettings, llm_model: '' })).toBe(false);
  expect(provider().has({ ...defaultSettings, llm_model: 'gpt-4o' })).toBe(true);
  const configured = provider({ model: 'openai/gpt-4o' });
  expect(configured.for(null)?.model).toBe('openai/gpt-4o');
  expect(configured.for(defaultSettings)?.model).toBe('openai/gpt-4o');
  expect(configured.for({ ...defaultSettings, llm_model: 'gpt-5' })?.model).toBe('gpt-5');
});

it.each([
  { what: 'the user’s own key', key: 'sk-own', url: true, sent: 'Bearer sk-own' },
  {
    what: 'no key where the address is the user’s and the key is not',
    key: null,
    url: true,
    sent: undefined,
  },
  {
    what: 'the server’s key at the server’s address',
    key: null,
    url: false,
    sent: 'Bearer sk-of-the-server',
  },
])('sends $what', async ({ key, sent, url }) => {
  await using llm = await MockLlm.start([{ text: 'Hello.' }]);
  const baseUrl = url ? 'http://127.0.0.1:9/v1' : llm.url;
  const chosen = provider({ model: 'openai/mock', apiKey: 'sk-of-the-server', baseUrl }).for({
    ...defaultSettings,
    llm_api_key: key,
    llm_base_url: url ? llm.url : null,
  });
  await chosen?.complete(request);
  expect(llm.requests[0]?.headers['authorization']).toBe(sent);
});

it('says what to write where a name says nothing', async () => {
  const asked = provider({ model: 'llama' }).for(null)?.complete(request);
  await expect(asked).rejects.toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('Write its provider before it'),
  });
});

it.each(['proxy.test/v1', 'ftp://proxy.test', 'http://'])(
  'says that %j is no address',
  async (llm_base_url) => {
    const asked = provider({ model: 'openai/mock' })
      .for({ ...defaultSettings, llm_base_url })
      ?.complete(request);
    await expect(asked).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('is no http://'),
    });
  },
);

it.each(['openai/mock', 'anthropic/mock'])(
  'sends the password of an address in a header: %s',
  async (model) => {
    await using llm = await MockLlm.start([{ text: 'Hello.' }]);
    const baseUrl = llm.url.replace('//', '//ann:pass%20word@');
    await provider({ model, baseUrl }).for(null)?.complete(request);
    const header = `Basic ${Buffer.from('ann:pass word').toString('base64')}`;
    expect(llm.requests[0]?.headers['authorization']).toBe(header);
  },
);

it('does not repeat a key that the provider repeats', async () => {
  const body = { error: { message: 'Incorrect API key provided: sk-secret-of-mine.' } };
  await using llm = await MockLlm.start([{ status: 401, body }]);
  const options = { model: 'openai/mock', apiKey: 'sk-secret-of-mine', baseUrl: llm.url };
  const asked = provider(options).for(null)?.complete(request);
  await expect(asked).rejects.toMatchObject({
    kind: 'authentication',
    message: expect.stringContaining('[redacted]'),
  });
});
