import type {Reporter, TestModule} from 'vitest/node';

/** Closes a test run with one plain line, `N passed, N failed, N skipped`, that people and machines can read. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = {passed: 0, failed: unhandledErrors.length, skipped: 0};
    for (const module of modules) {
      if (!module.ok() && [...module.children.allTests('failed')].length === 0) count.failed += 1; // the file itself broke
      for (const test of module.children.allTests()) {
        const {state} = test.result();
        count[state === 'pending' ? 'failed' : state] += 1;
      }
    }
    console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}
