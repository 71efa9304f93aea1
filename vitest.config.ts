import { defineConfig } from 'vitest/config';
import { LongFirst } from './testing/long-first.ts';

// Real servers on few cores: the tests wait for servers and timers half of the time, so that three workers keep
// two cores busy; a fourth would save little and make all that is done beside it later. Limits say when a test
// is stuck, not how fast it has to be: a machine that others use as well may take ten times as long over anything.
export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '.ringfence/**', 'dist/**'],
    globalSetup: ['testing/global-setup.ts'],
    reporters: ['default', './testing/summary-reporter.ts'],
    pool: 'forks',
    sequence: { sequencer: LongFirst },
    maxWorkers: 3,
    // A worker keeps its modules from file to file: loading them anew for each was half of all the work.
    // Servers, databases and clocks are made by each file for itself, in `beforeAll`.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
