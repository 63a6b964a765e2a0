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

describe('the last line of a test run', () => {
  it('counts the tests that passed and that failed', () => {
    expect(runJest({ 'one.test.js': PASSING.repeat(2), 'two.test.js': FAILING })).toEqual({
      last: '2 passed, 1 failed',
      status: 1,
    });
  });

  it('counts a test file that cannot run as one failed test', () => {
    const { last, status } = runJest({ 'one.test.js': PASSING, 'two.test.js': "require('./absent');\n" });
    expect(last).toBe('1 passed, 1 failed');
    expect(status).toBe(1);
  });

  it('names skipped tests only if there are any', () => {
    const skipped = "test.skip('c', () => {});\ntest.todo('d');\n";
    expect(runJest({ 'one.test.js': PASSING }).last).toBe('1 passed, 0 failed');
    expect(runJest({ 'one.test.js': PASSING + skipped }).last).toBe('1 passed, 0 failed, 2 skipped');
  });

  it('comes after the output of the global teardown', () => {
    const teardown = 'module.exports = () => console.log("torn down");\n';
    const files = { 'one.test.js': PASSING, 'teardown.js': teardown };
    expect(runJest(files, { globalTeardown: './teardown.js' }).last).toBe('1 passed, 0 failed');
  });

  it('is zero if there are no tests and that is allowed', () => {
    expect(runJest({}, { passWithNoTests: true })).toEqual({ last: '0 passed, 0 failed', status: 0 });
  });
});

describe('the file that FAILED_TEST_FILES names', () => {
  const failedFiles = () => join(project, 'failed-files');

  it('holds each test file that failed, with the numbers of its tests', () => {
    const files = {
      'one.test.js': PASSING,
      'two.test.js': PASSING.repeat(3) + FAILING.repeat(2),
      'three.test.js': "require('./absent');\n",
    };
    runJest(files, {}, { FAILED_TEST_FILES: failedFiles() });
    const lines = readFileSync(failedFiles(), 'utf8').trimEnd().split('\n');
    expect(lines.sort()).toEqual(['0 1 three.test.js', '3 2 two.test.js']);
  });

  it('is empty if all pass, and is not written if the variable is not set', () => {
    runJest({ 'one.test.js': PASSING });
    expect(existsSync(failedFiles())).toBe(false);
    runJest({}, {}, { FAILED_TEST_FILES: failedFiles() });
    expect(readFileSync(failedFiles(), 'utf8')).toBe('');
  });
});
