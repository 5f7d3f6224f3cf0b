import { defineConfig } from 'vitest/config';

/** Whole servers under load: they have the machine to themselves, after everything else. */
const whole = ['test/standalone/**/*.test.ts', 'test/cluster/**/*.test.ts', 'test/chaos/**/*.test.ts'];

export default defineConfig({
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
          include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
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
