import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/**
 * Prints `N passed, N failed` alone on the last line, for whoever reads a run by program.
 * A file that could not be loaded, or an error outside every test, counts as one failure, so that a run
 * which failed never says `0 failed`.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    let passed = 0;
    let failed = errors.length;
    for (const module of modules) {
      const before = failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        if (state === 'failed') failed += 1;
      }
      if (failed === before && module.state() === 'failed') failed += 1;
    }
    console.log(`${passed} passed, ${failed} failed`);
  }
}
