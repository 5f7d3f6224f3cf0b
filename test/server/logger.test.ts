/** The log shows no secret, wherever it stands. */
import { expect, it } from 'vitest';
import { KnownSecrets, noting } from '../../src/server/known-secrets.ts';
import { createLogger } from '../../src/server/logger.ts';
import { defaultSettings } from '../../src/store/settings.ts';

function logging(secrets: KnownSecrets) {
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', secrets, write: (line) => lines.push(line) });
  return { logger, lines };
}

it('takes out what is known to be secret, in messages, errors and fields', () => {
  const { logger, lines } = logging(new KnownSecrets(['sk-"quoted"', null, '']));
  logger.error(
    { err: new Error('key sk-"quoted" was refused'), url: '/x?key=sk-"quoted"' },
    'with sk-"quoted"',
  );
  expect(lines.join('')).not.toContain('quoted');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ msg: 'with [redacted]' });
});

it('takes out fields that hold secrets by their name', () => {
  const { logger, lines } = logging(new KnownSecrets());
  logger.info({
    headers: { authorization: 'Bearer abc', cookie: 'session=abc' },
    settings: { llm_api_key: 'abc', github_token: 'abc' },
    request: { headers: { authorization: 'abc' } },
    secretKey: 'abc',
  });
  expect(lines.join('')).not.toContain('abc');
});

it('learns the secrets of settings as they pass', async () => {
  const secrets = new KnownSecrets();
  const { logger, lines } = logging(secrets);
  const settings = { ...defaultSettings, llm_api_key: 'sk-loaded' };
  const store = noting({ load: async () => settings, save: async () => {} }, secrets);
  await store.load('');
  await store.save('', { ...settings, github_token: 'gh-saved' });
  logger.info('sk-loaded and gh-saved');
  expect(lines.join('')).toContain('[redacted] and [redacted]');
});
