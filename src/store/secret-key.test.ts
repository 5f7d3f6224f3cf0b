import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secretKey } from './secret-key.ts';

describe('the secret key', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'convene-key-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it('is the configured one, and then no file is made', async () => {
    expect(Buffer.from(await secretKey(dir, 'AB'.repeat(32))).toString('hex')).toBe('ab'.repeat(32));
    expect(await readdir(dir)).toEqual([]);
  });

  it.each(['ab', 'zz'.repeat(32), 'ab'.repeat(33), `${'ab'.repeat(32)} x`])(
    'refuses %j',
    async (configured) => {
      const refusal = { code: 'invalid_config', message: expect.not.stringContaining(configured) };
      await expect(secretKey(dir, configured)).rejects.toMatchObject(refusal);
    },
  );

  it('is made once, for its owner only', async () => {
    const made = await secretKey(dir);
    expect(made).toHaveLength(32);
    expect(await secretKey(dir, '')).toEqual(made);
    expect(await readdir(dir)).toEqual(['secret.key']);
    expect((await stat(path.join(dir, 'secret.key'))).mode & 0o777).toBe(0o600);
  });

  it('is the same for all that start at once', async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => secretKey(dir)));
    for (const key of keys) expect(key).toEqual(keys[0]);
    expect(await readdir(dir)).toEqual(['secret.key']);
  });

  it('is never replaced: a file that is no key is an error', async () => {
    await writeFile(path.join(dir, 'secret.key'), 'garbage');
    await expect(secretKey(dir)).rejects.toMatchObject({ code: 'invalid_config' });
    await rm(path.join(dir, 'secret.key'));
    await mkdir(path.join(dir, 'secret.key'));
    await expect(secretKey(dir)).rejects.toMatchObject({ code: 'invalid_config' });
  });
});
