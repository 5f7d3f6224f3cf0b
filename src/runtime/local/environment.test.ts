import { describe, expect, it } from 'vitest';
import { commandEnvironment } from './environment.ts';

describe('commandEnvironment', () => {
  it('passes on what a shell needs', () => {
    const environment = commandEnvironment({
      PATH: '/bin',
      HOME: '/home/a',
      LANG: 'de_DE.UTF-8',
      USER: 'a',
      JAVA_HOME: '/java',
    });
    expect(environment).toMatchObject({
      PATH: '/bin',
      HOME: '/home/a',
      LANG: 'de_DE.UTF-8',
      USER: 'a',
      JAVA_HOME: '/java',
    });
  });

  it.each([
    'CONVENE_SECRET_KEY',
    'LLM_API_KEY',
    'LLM_MODEL',
    'DATABASE_URL',
    'REDIS_URL',
    'PGPASSWORD',
    'OPENAI_API_KEY',
    'GITHUB_TOKEN',
    'AWS_SECRET_ACCESS_KEY',
    'STRIPE_SECRET',
    'SMTP_PASSWORD',
    'GOOGLE_APPLICATION_CREDENTIALS',
    'SSH_AUTH_SOCK',
    'npm_config_registry',
    'NODE_ENV',
    'NODE_OPTIONS',
    'BASH_ENV',
    'BASH_FUNC_x%%',
    'PROMPT_COMMAND',
    'SHELLOPTS',
  ])('keeps %s to the server', (name) => {
    expect(commandEnvironment({ [name]: 'value' })).not.toHaveProperty(name);
  });

  it('keeps values with a password in them to the server', () => {
    const environment = commandEnvironment({
      MIRROR: 'https://user:secret@example.org/',
      DOCS: 'https://example.org/a:b@c',
    });
    expect(environment).not.toHaveProperty('MIRROR');
    expect(environment).toHaveProperty('DOCS');
  });

  it('takes the tools of the server out of the PATH', () => {
    const path = '/srv/node_modules/.bin:/lib/node-gyp-bin:/usr/local/bin:/bin';
    expect(commandEnvironment({ PATH: path })['PATH']).toBe('/usr/local/bin:/bin');
  });

  it('has a PATH and a character set where the server has none', () => {
    expect(commandEnvironment({})).toMatchObject({ PATH: expect.stringContaining('/bin'), LANG: 'C.UTF-8' });
  });

  it('leaves the processes of a server within the shell of another one to both', () => {
    expect(commandEnvironment({ CONVENE_SHELL: 'outer' })).toMatchObject({ CONVENE_SHELL: 'outer' });
  });

  it('switches off what would wait for a person', () => {
    expect(commandEnvironment({ TERM: 'xterm', PAGER: 'less' })).toMatchObject({
      TERM: 'dumb',
      PAGER: 'cat',
      GIT_PAGER: 'cat',
      GIT_TERMINAL_PROMPT: '0',
    });
  });
});
