/** The last line of a test run has the counts in the form that machines read. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const ROOT = join(__dirname, '..', '..');
const JEST = require.resolve('jest/bin/jest');

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'count-reporter-'));
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

/** Runs jest on `files`. Returns the last line of its output, of both streams in the order of writing, and its status. */
function runJest(
  files: Readonly<Record<string, string>>,
  settings: object = {},
  env: NodeJS.ProcessEnv = {},
): { last: string; status: number | null } {
  const config = { reporters: ['default', join(ROOT, 'scripts', 'count-reporter.js')], transform: {}, ...settings };
  writeFileSync(join(project, 'package.json'), JSON.stringify({ jest: config }));
  for (const [name, code] of Object.entries(files)) writeFileSync(join(project, name), code);
  const command = `"${process.execPath}" "${JEST}" 2>&1`;
  const { stdout, status } = spawnSync('sh', ['-c', command], {
    cwd: project,
    // The jest that runs this test may have set the variable for itself.
    env: { ...process.env, FAILED_TEST_FILES: '', ...env },
    encoding: 'utf8',
  });
  return { last: stdout.trimEnd().split('\n').at(-1) ?? '', status };
}

const PASSING = "test('a', () => {});\n";
const FAILING = "test('b', () => { throw new Error('wanted'); });\n";

const failedFiles = () => join(project, 'failed-files');

describe('the last line of a test run', () => {
  it('counts the tests that passed and that failed; a test file that cannot run is one failed test', () => {
    const files = {
      'one.test.js': PASSING,
      'two.test.js': PASSING.repeat(3) + FAILING.repeat(2),
      'three.test.js': "require('./absent');\n",
    };
    const ended = runJest(files, {}, { FAILED_TEST_FILES: failedFiles() });
    expect(ended).toEqual({ last: '4 passed, 3 failed', status: 1 });
    // The file that FAILED_TEST_FILES names holds each test file that failed, with the numbers of its tests.
    const lines = readFileSync(failedFiles(), 'utf8').trimEnd().split('\n');
    expect(lines.sort()).toEqual(['0 1 three.test.js', '3 2 two.test.js']);
  });

  it('names skipped tests if there are any; they and tests that pass are no failed test files', () => {
    const skipped = "test.skip('c', () => {});\ntest.todo('d');\n";
    const { last } = runJest({ 'one.test.js': PASSING + skipped }, {}, { FAILED_TEST_FILES: failedFiles() });
    expect(last).toBe('1 passed, 0 failed, 2 skipped');
    expect(readFileSync(failedFiles(), 'utf8')).toBe('');
  });

  it('comes after the output of the global teardown, and names no skipped tests if there are none', () => {
    const teardown = 'module.exports = () => console.log("torn down");\n';
    const files = { 'one.test.js': PASSING, 'teardown.js': teardown };
    expect(runJest(files, { globalTeardown: './teardown.js' }).last).toBe('1 passed, 0 failed');
    // No variable names a file for the failed test files.
    expect(existsSync(failedFiles())).toBe(false);
  });

  it('is zero if there are no tests and that is allowed', () => {
    expect(runJest({}, { passWithNoTests: true })).toEqual({ last: '0 passed, 0 failed', status: 0 });
  });
});
