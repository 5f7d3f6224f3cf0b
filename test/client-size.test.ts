/** What a page loads: the client as a bundle, measured, and free of everything that browsers do not have. */
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { expect, it } from 'vitest';

const MAX_BYTES = 25 * 1024;

it('the client is small and asks for socket.io-client alone', async () => {
  await using bundle = await rolldown({
    input: join(import.meta.dirname, '../src/client/index.ts'),
    platform: 'browser',
    external: (id) => id === 'socket.io-client' || isBuiltin(id),
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  expect(output).toHaveLength(1);
  expect(output[0].imports).toEqual(['socket.io-client']);
  const bytes = gzipSync(output[0].code).length;
  console.log(`convene/client: ${output[0].code.length} bytes minified, ${bytes} with gzip`);
  expect(bytes).toBeGreaterThan(1_000);
  expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
});
