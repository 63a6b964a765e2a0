/**
 * `.ci/run` must neither hide a test file that fails twice nor count one that passes alone as failed, and it must not hide
 * a step that fails beside others.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

const ROOT = join(__dirname, '..', '..');
/** A replacement for npm that runs jest and lets all other steps pass, but for lint if BROKEN_LINT is set. */
const NPM = `#!/bin/sh
case "$*" in
  cit) exec node_modules/.bin/jest ;;
  'run lint') echo 'what lint says'; test -z "$BROKEN_LINT" ;;
  'run test:e2e') echo '0 passed, 0 failed' ;;
esac
`;
const PASSING = "test('passes', () => {});\n";
const FAILING = "test('fails', () => { throw new Error('wanted'); });\n";
const FAILING_ONCE = `test('fails once', () => {
  const path = __filename + '.seen';
  const isFirst = !require('node:fs').existsSync(path);
  require('node:fs').writeFileSync(path, '');
  if (isFirst) throw new Error('wanted');
});
`;

let project: string;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'ci-run-'));
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'));
  mkdirSync(join(project, 'bin'));
  writeFileSync(join(project, 'bin', 'npm'), NPM, { mode: 0o755 });
  const reporters = ['default', join(ROOT, 'scripts', 'count-reporter.js')];
  writeFileSync(join(project, 'jest.config.js'), `module.exports = ${JSON.stringify({ reporters, transform: {} })};\n`);
  cpSync(join(ROOT, '.ci'), join(project, '.ci'), { recursive: true });
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

/** Runs a copy of `.ci/run` on these test files, with these variables. */
function run(files: Readonly<Record<string, string>>, variables: NodeJS.ProcessEnv = {}) {
  for (const [name, code] of Object.entries(files)) writeFileSync(join(project, name), code);
  const PATH = `${join(project, 'bin')}:${process.env['PATH']}`;
  const { stdout, status } = spawnSync(join(project, '.ci', 'run'), {
    env: { ...process.env, PATH, FAILED_TEST_FILES: '', ...variables },
    encoding: 'utf8',
  });
  const lines = stdout.trimEnd().split('\n');
  const lint = lines.slice(lines.indexOf('=== lint') + 1, lines.indexOf('=== build'));
  return { status, lint, last: lines.at(-1), flaky: lines.filter((line) => line.startsWith('flaky: ')) };
}

it('a test file that passes when it is repeated is named, and counts as passed', () => {
  const files = { 'flaky.test.js': PASSING + FAILING_ONCE, 'one.test.js': PASSING.repeat(2) };
  expect(run(files)).toMatchObject({ status: 0, last: '4 passed, 0 failed', flaky: ['flaky: flaky.test.js'] });
});

it('a test file that fails again counts as it did at first', () => {
  const files = { 'broken.test.js': PASSING + FAILING, 'flaky.test.js': FAILING_ONCE, 'one.test.js': PASSING };
  expect(run(files)).toMatchObject({ status: 1, last: '3 passed, 1 failed', flaky: ['flaky: flaky.test.js'] });
});

it('many failed files are not repeated', () => {
  const names = ['a', 'b', 'c', 'd'];
  const files = Object.fromEntries(names.map((name) => [`${name}.test.js`, FAILING_ONCE]));
  expect(run(files)).toMatchObject({ status: 1, last: '0 passed, 4 failed', flaky: [] });
});

it('lint, which runs beside other steps, is shown and counted', () => {
  const files = { 'one.test.js': PASSING };
  expect(run(files)).toMatchObject({ status: 0, last: '1 passed, 0 failed', lint: ['what lint says'] });
  const lint = ['what lint says', '=== lint: failed with status 1'];
  expect(run(files, { BROKEN_LINT: 'yes' })).toMatchObject({ status: 1, last: '1 passed, 1 failed', lint });
});
