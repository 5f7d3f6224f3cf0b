import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({ optionalDependencies: z.record(z.string(), z.string()).optional() }),
  ),
});

// A registry that lacks some platform's build of a tool makes npm leave it out here without a word, and `npm ci` then
// refuses the whole file. The remedy is a version of the tool whose builds are all there.
it('package-lock.json names the packages of every platform', async () => {
  const text = await readFile(join(import.meta.dirname, '..', 'package-lock.json'), 'utf8');
  const { packages } = lockSchema.parse(JSON.parse(text));
  const named = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies),
  );
  expect(wanted.filter((name) => !named.has(name))).toEqual([]);
});
