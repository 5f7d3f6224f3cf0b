import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Whole servers, after everything else. */
const whole = ['test/standalone/**/*.test.ts'];

/** What counts time or memory, has several nodes or a browser, or loads the machine by itself: alone, at last. */
const alone = [
  'test/{browser,chaos,cluster}/**/*.test.ts',
  'test/standalone/{abuse,interrupt,join,lifecycle,package,scale}.test.ts',
];

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
          exclude: [...whole, ...alone],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: 'whole', include: whole, exclude: alone, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: { name: 'alone', include: alone, maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
