const { writeFileSync } = require('node:fs');
const { relative } = require('node:path');

/**
 * A jest reporter that ends a run with one line for machines: `N passed, N failed`, and `, N skipped` if any were.
 *
 * The line is written when the process exits, so nothing of jest comes after it. A test file that cannot run counts as
 * one failed test.
 *
 * If FAILED_TEST_FILES names a file, the reporter writes a line for each test file that failed into it: the numbers of
 * its passed and failed tests, and its path from the root of the project.
 */
class CountReporter {
  #rootDir;
  #results;

  constructor({ rootDir }) {
    this.#rootDir = rootDir;
    process.once('exit', () => process.stdout.write(`${toCountLine(this.#results)}\n`));
  }

  /** The last call wins: in watch mode there are several. */
  onRunComplete(_contexts, results) {
    this.#results = results;
    const path = process.env.FAILED_TEST_FILES;
    if (path) writeFileSync(path, toFailedFiles(results.testResults, this.#rootDir));
  }
}

function toCountLine(results) {
  if (results === undefined) return '0 passed, 1 failed';
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + (results.runExecError ? 1 : 0);
  const skipped = results.numPendingTests + results.numTodoTests;
  return `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function toFailedFiles(files, rootDir) {
  const lines = files.map(({ testFilePath, numPassingTests, numFailingTests, testExecError }) => {
    const failed = numFailingTests + (testExecError ? 1 : 0);
    return failed > 0 ? `${numPassingTests} ${failed} ${relative(rootDir, testFilePath)}\n` : '';
  });
  return lines.join('');
}

module.exports = CountReporter;
