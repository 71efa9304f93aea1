import { defineConfig } from 'vitest/config';

// Real servers on few cores: the tests mostly wait for servers and timers, so that four workers on two
// cores take little more than half the time of two. A stuck test reaches its limit soon.
export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '.ringfence/**', 'dist/**'],
    globalSetup: ['testing/global-setup.ts'],
    reporters: ['default', './testing/summary-reporter.ts'],
    pool: 'forks',
    maxWorkers: 4,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
});
