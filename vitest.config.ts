import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Whole servers, nodes and browsers, after everything else. */
const whole = ['standalone', 'cluster', 'browser'].map((name) => `test/${name}/**/*.test.ts`);

/** What counts time or memory, and what loads the machine by itself: each has it alone, at last. */
const alone = [
  'test/chaos/**/*.test.ts',
  'test/standalone/{abuse,join,lifecycle,scale}.test.ts',
  'test/cluster/nodes.test.ts',
  'test/browser/{first-load,long-conversation,memory}.test.ts',
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
