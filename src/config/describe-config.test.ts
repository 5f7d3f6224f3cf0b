import { describe, expect, it } from 'vitest';
import { describeConfig, MASK } from './describe-config.ts';
import { loadConfig } from './load-config.ts';
import { configKeys } from './options.ts';

function described(env: Record<string, string>) {
  const rows = describeConfig(loadConfig({ env, cwd: '/srv/app', readFile: () => null }));
  return new Map(rows.map((row) => [row.key, row]));
}

describe('the configuration as a person may see it', () => {
  it('has every key with its value and origin', () => {
    const rows = described({ PORT: '4000' });
    expect([...rows.keys()]).toEqual(configKeys);
    expect(rows.get('port')).toMatchObject({ value: 4000, origin: 'env' });
    expect(rows.get('host')).toMatchObject({ value: '127.0.0.1', origin: 'default' });
    expect(rows.get('llmApiKey')).toMatchObject({ value: null, origin: 'default' });
  });

  it('has no secret', () => {
    const rows = described({
      CONVENE_SECRET_KEY: 'ab'.repeat(32),
      LLM_API_KEY: 'sk-hunter2',
      DATABASE_URL: 'postgres://user:hunter3@db/c?sslmode=require&sslpassword=hunter4',
      REDIS_URL: 'redis://:hunter5@cache:6379/0',
    });
    expect(rows.get('secretKey')?.value).toBe(MASK);
    expect(rows.get('llmApiKey')?.value).toBe(MASK);
    expect(rows.get('databaseUrl')?.value).toBe(
      `postgres://user:${MASK}@db/c?sslmode=require&sslpassword=${MASK}`,
    );
    expect(rows.get('redisUrl')?.value).toBe(`redis://:${MASK}@cache:6379/0`);
    expect(JSON.stringify([...rows.values()])).not.toMatch(/hunter|abab/);
  });
});
