import { defineConfig } from 'vitest/config';

// Real servers on few cores: the tests mostly wait for servers and timers, so that four workers on two
// cores take little more than half the time of two. Limits say when a test is stuck, not how fast it has to be:
// a machine that others use as well may take ten times as long over anything.
export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '.ringfence/**', 'dist/**'],
    globalSetup: ['testing/global-setup.ts'],
    reporters: ['default', './testing/summary-reporter.ts'],
    pool: 'forks',
    maxWorkers: 4,
    // A worker keeps its modules from file to file: loading them anew for each was half of all the work.
    // Servers, databases and clocks are made by each file for itself, in `beforeAll`.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
