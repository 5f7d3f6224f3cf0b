import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConveneError } from '../errors.ts';
import { type ConfigSources, loadConfig } from './load-config.ts';
import { configKeys, configOptions } from './options.ts';

/** Loads with a file system that holds only `files`. */
function load(sources: Partial<ConfigSources> & { files?: Record<string, unknown> } = {}) {
  const { files = {}, ...rest } = sources;
  const readFile = (path: string): string | null => {
    const content = files[path];
    if (content === undefined) return null;
    return typeof content === 'string' ? content : JSON.stringify(content);
  };
  return loadConfig({ env: {}, cwd: '/srv/app', readFile, ...rest });
}

function failure(sources: Parameters<typeof load>[0]): ConveneError {
  try {
    load(sources);
  } catch (error) {
    if (error instanceof ConveneError) return error;
    throw error;
  }
  throw new Error('The configuration was accepted.');
}

describe('the defaults', () => {
  it('are a server for this machine only', () => {
    expect(load().config).toEqual({
      host: '127.0.0.1',
      port: 3000,
      insecure: false,
      allowedHosts: [],
      webDir: null,
      dataDir: '/srv/app/.convene',
      workspaceDir: '/srv/app/.convene/workspaces',
      secretKey: null,
      databaseUrl: null,
      redisUrl: null,
      nodeUrl: null,
      leaseMs: 6_000,
      databasePoolSize: 10,
      databaseTimeoutMs: 10_000,
      llmModel: null,
      llmApiKey: null,
      llmBaseUrl: null,
      llmTimeoutMs: 180_000,
      llmRetries: 4,
      llmRetryDelayMs: 2_000,
      defaultAgent: null,
      maxIterations: 250,
      maxBudget: null,
      confirmationMode: false,
      maxConversationsPerUser: null,
      closeDelayMs: 900_000,
      commandTimeoutMs: 120_000,
      maxOutputBytes: 65_536,
      githubUrl: 'https://github.com',
      githubApiUrl: 'https://api.github.com',
      localRepositories: false,
      cloneTimeoutMs: 600_000,
      drainGraceMs: 10_000,
      logLevel: 'info',
    });
  });

  it('are named as the origin of every value', () => {
    expect(load().origins).toEqual(Object.fromEntries(configKeys.map((key) => [key, 'default'])));
  });
});

describe('of several sources the later one wins', () => {
  const files = { '/srv/app/convene.json': { port: 1, maxIterations: 1, logLevel: 'warn' } };

  it('file, environment, flag', () => {
    const env = { CONVENE_PORT: '2', CONVENE_MAX_ITERATIONS: '2' };
    const { config, origins } = load({ files, env, flags: { port: '3' } });
    expect([config.logLevel, config.maxIterations, config.port]).toEqual(['warn', 2, 3]);
    expect(origins).toMatchObject({ logLevel: 'file', maxIterations: 'env', port: 'flag', host: 'default' });
  });

  it('an empty variable counts as not set', () => {
    const { config, origins } = load({ files, env: { CONVENE_PORT: '', PORT: ' ' } });
    expect([config.port, origins.port]).toEqual([1, 'file']);
  });

  it('of two variables the first that is set counts', () => {
    expect(load({ env: { CONVENE_PORT: '2', PORT: '3' } }).config.port).toBe(2);
    expect(load({ env: { CONVENE_PORT: '', PORT: '3' } }).config.port).toBe(3);
  });

  it('a flag that is undefined was not given', () => {
    expect(load({ files, flags: { port: undefined } }).config.port).toBe(1);
  });
});

describe('text is read as what it means', () => {
  it.each<[Record<string, string>, object]>([
    [
      { CONVENE_INSECURE: 'yes', CONVENE_HOST: '0.0.0.0' },
      { insecure: true, host: '0.0.0.0' },
    ],
    [{ CONVENE_CONFIRMATION_MODE: 'TRUE' }, { confirmationMode: true }],
    [{ CONVENE_CONFIRMATION_MODE: '0' }, { confirmationMode: false }],
    [{ CONVENE_MAX_BUDGET: '2.50' }, { maxBudget: 2.5 }],
    [{ CONVENE_ALLOWED_HOSTS: 'a.example, b.example' }, { allowedHosts: ['a.example', 'b.example'] }],
    [{ CONVENE_CLOSE_DELAY_MS: '0' }, { closeDelayMs: 0 }],
    [{ LLM_API_KEY: '12345' }, { llmApiKey: '12345' }],
    [{ DATABASE_URL: 'postgresql://u:p@db:5432/c' }, { databaseUrl: 'postgresql://u:p@db:5432/c' }],
    [{ REDIS_URL: 'rediss://cache' }, { redisUrl: 'rediss://cache' }],
    [
      { CONVENE_WORKSPACE_DIR: '../w', CONVENE_WEB_DIR: '/web' },
      { workspaceDir: '/srv/w', webDir: '/web' },
    ],
    [{ CONVENE_DATA_DIR: 'd' }, { dataDir: '/srv/app/d', workspaceDir: '/srv/app/d/workspaces' }],
  ])('%j', (env, expected) => {
    expect(load({ env }).config).toMatchObject(expected);
  });

  it('and flags may be values already', () => {
    const flags = { port: 0, confirmationMode: true, allowedHosts: ['a', 'b'] };
    expect(load({ flags }).config).toMatchObject(flags);
  });
});

describe('a value that is not valid is refused', () => {
  it.each<[Record<string, string>, string]>([
    [
      { CONVENE_PORT: '65536' },
      'port (environment variable CONVENE_PORT): expected an integer from 0 to 65535, got 65536.',
    ],
    [{ PORT: 'http' }, 'port (environment variable PORT): expected an integer from 0 to 65535, got "http".'],
    [{ CONVENE_MAX_ITERATIONS: '0' }, 'maxIterations'],
    [{ CONVENE_MAX_ITERATIONS: '1e3' }, 'maxIterations'],
    [{ CONVENE_MAX_BUDGET: '-1' }, 'maxBudget'],
    [{ CONVENE_INSECURE: 'perhaps' }, 'insecure'],
    [{ DATABASE_URL: 'mysql://db/c' }, 'databaseUrl'],
    [{ REDIS_URL: 'localhost:6379' }, 'redisUrl'],
    [{ LLM_BASE_URL: 'api.example.org' }, 'llmBaseUrl'],
    [{ CONVENE_LOG_LEVEL: 'loud' }, 'logLevel'],
    [{ CONVENE_CLOSE_DELAY_MS: '9999999999' }, 'closeDelayMs'],
    [{ CONVENE_COMMAND_TIMEOUT_MS: '0' }, 'commandTimeoutMs'],
    [{ CONVENE_ALLOWED_HOSTS: 'https://a.example' }, 'allowedHosts'],
  ])('%j', (env, message) => {
    const error = failure({ env });
    expect(error.code).toBe('invalid_config');
    expect(error.message).toContain(message);
  });

  it('with all others that are wrong, each with its source', () => {
    const files = { '/srv/app/convene.json': { maxIterations: 'many', dataDir: '' } };
    const error = failure({ files, env: { PORT: 'x' }, flags: { logLevel: 'loud' } });
    expect(error.details).toEqual({
      problems: [
        { key: 'port', source: 'environment variable PORT', expected: 'an integer from 0 to 65535' },
        { key: 'dataDir', source: '/srv/app/convene.json', expected: 'a path' },
        { key: 'maxIterations', source: '/srv/app/convene.json', expected: 'an integer from 1' },
        { key: 'logLevel', source: 'flag --log-level', expected: expect.stringContaining('one of trace') },
      ],
    });
    expect(error.message.split('\n')).toHaveLength(4);
  });

  it('without telling a secret', () => {
    const error = failure({ env: { CONVENE_SECRET_KEY: 'hunter2', DATABASE_URL: 'mysql://u:hunter3@db' } });
    expect(error.message).toContain('64 hexadecimal digits');
    expect(JSON.stringify([error.message, error.details])).not.toMatch(/hunter/);
  });
});

describe('a host that other machines can reach', () => {
  it('needs insecure', () => {
    const error = failure({ env: { CONVENE_HOST: '0.0.0.0' } });
    expect(error.message).toContain('insecure');
    expect(error.details).toMatchObject({
      problems: [{ key: 'host', source: 'environment variable CONVENE_HOST' }],
    });
    expect(load({ env: { CONVENE_HOST: '::1' } }).config.host).toBe('::1');
    expect(load({ env: { CONVENE_HOST: '0.0.0.0' }, flags: { insecure: true } }).config.host).toBe('0.0.0.0');
  });
});

describe('the file', () => {
  it('is the one that the flag names, else the variable, else convene.json', () => {
    const files = {
      '/srv/app/convene.json': { port: 1 },
      '/srv/app/by-variable.json': { port: 2 },
      '/etc/by-flag.json': { port: 3 },
    };
    const env = { CONVENE_CONFIG: 'by-variable.json' };
    expect(load({ files }).config.port).toBe(1);
    expect(load({ files, env }).config.port).toBe(2);
    expect(load({ files, env, flags: { config: '/etc/by-flag.json' } }).config.port).toBe(3);
    expect(load({ files, env: { CONVENE_CONFIG: '' } }).config.port).toBe(1);
  });

  it('may begin with a byte order mark', () => {
    expect(load({ files: { '/srv/app/convene.json': '\uFEFF{"port":4}' } }).config.port).toBe(4);
  });

  it.each<[string, Parameters<typeof load>[0], string]>([
    ['it is named and missing', { flags: { config: 'none.json' } }, '/srv/app/none.json'],
    ['it is not JSON', { files: { '/srv/app/convene.json': '{port: 1}' } }, 'not JSON'],
    ['it holds no object', { files: { '/srv/app/convene.json': '[1]' } }, 'JSON object'],
    ['it has unknown keys', { files: { '/srv/app/convene.json': { prot: 1, hots: 2 } } }, 'prot, hots'],
    ['it has keys of every object', { files: { '/srv/app/convene.json': '{"__proto__":1}' } }, '__proto__'],
    ['it has null for what must be set', { files: { '/srv/app/convene.json': { port: null } } }, 'port'],
  ])('is refused when %s', (_name, sources, message) => {
    const error = failure(sources);
    expect(error.code).toBe('invalid_config');
    expect(error.message).toContain(message);
  });

  it('may say null for what need not be set', () => {
    const { config, origins } = load({ files: { '/srv/app/convene.json': { maxBudget: null } } });
    expect([config.maxBudget, origins.maxBudget]).toEqual([null, 'file']);
  });

  it('is read from the disk unless the caller brings a reader', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'convene-config-'));
    try {
      expect(loadConfig({ env: {}, cwd }).config.port).toBe(3000);
      await writeFile(join(cwd, 'convene.json'), '{"port": 4000}');
      expect(loadConfig({ env: {}, cwd }).config.port).toBe(4000);
      expect(() => loadConfig({ env: { CONVENE_CONFIG: '.' }, cwd })).toThrow("can't be read");
    } finally {
      await rm(cwd, { recursive: true });
    }
  });
});

describe('the table', () => {
  it('gives every key a name of its own in the environment and on the command line', () => {
    const names = configOptions().flatMap(({ env, flag }) => [...env, ...(flag === null ? [] : [flag])]);
    expect(new Set(names).size).toBe(names.length);
    for (const { key, flag, secret } of configOptions()) expect(flag === null, key).toBe(secret === 'whole');
  });
});
