import { lstat, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeNamedPipes } from './named-pipes.ts';

describe('named pipes', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'convene-test-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are all there, for this user only, whoever asks at the same time', async () => {
    const names = Array.from({ length: 450 }, (_, place) => `${place}`);
    await Promise.all(names.map((name) => makeNamedPipes([at(name), at(`${name}-too`)])));
    for (const name of names) {
      const { mode } = await lstat(at(`${name}-too`));
      expect([(await lstat(at(name))).isFIFO(), mode & 0o777]).toEqual([true, 0o600]);
    }
  });

  it('that can not be made are in nobody else’s way', async () => {
    const answers = await Promise.allSettled([
      makeNamedPipes([at('first')]),
      makeNamedPipes([at('nowhere/pipe'), at('half')]),
      makeNamedPipes([at('last')]),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(answers[1]).toMatchObject({ reason: { message: 'mkfifo ended: 1' } });
    await makeNamedPipes([at('later')]);
  });
});
