/**
 * A jest reporter that ends a run with one line for machines: `N passed, N failed`, and `, N skipped` if any were.
 *
 * The line is written when the process exits, so nothing of jest comes after it. A test file that cannot run counts as
 * one failed test.
 */
class CountReporter {
  #results;

  constructor() {
    process.once('exit', () => process.stdout.write(`${toCountLine(this.#results)}\n`));
  }

  /** The last call wins: in watch mode there are several. */
  onRunComplete(_contexts, results) {
    this.#results = results;
  }
}

function toCountLine(results) {
  if (results === undefined) return '0 passed, 1 failed';
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + (results.runExecError ? 1 : 0);
  const skipped = results.numPendingTests + results.numTodoTests;
  return `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

module.exports = CountReporter;
