import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Whole servers, nodes and browsers under load: they have the machine to themselves, after everything else. */
const whole = ['standalone', 'cluster', 'chaos', 'browser'].map((name) => `test/${name}/**/*.test.ts`);

export default defineConfig({
  resolve: { alias: { 'convene/client': join(import.meta.dirname, 'src/client/index.ts') } },
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['src/**/*.test.ts', 'web/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: whole,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'whole', include: whole, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
