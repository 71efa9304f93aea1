import { defineConfig } from 'vitest/config';

// Real servers and two cores: few workers, and a limit that a stuck test reaches soon.
export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '.ringfence/**', 'dist/**'],
    globalSetup: ['testing/global-setup.ts'],
    reporters: ['default', './testing/summary-reporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
