import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeMissingPackage } from '../../cli/missing-package';
import { ROOT, runNode } from '../support/run-node';

/** The packages of a service that starts parses and runs no worker. */
const INSTALLED = ['commander', 'log-update', 'undici', 'valibot', '@temporalio/client', '@temporalio/common'];

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'missing-package-'));
  cpSync(join(ROOT, 'dist'), join(directory, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(directory, 'package.json'));
  for (const name of [...INSTALLED, '@temporalio/workflow', '@temporalio/envconfig']) {
    const path = join(directory, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), path);
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

it('temporal-extend-parse/testing is answered with the line that installs what it needs', async () => {
  const { output, ended } = runNode(['-e', `require('${join(directory, 'dist/testing/index.js')}')`], {});
  expect(await ended).toEqual({ code: 1, signal: null });
  expect(output.stderr).toContain(
    'Error: temporal-extend-parse/testing needs @temporalio/activity, @temporalio/testing, @temporalio/worker: ' +
      'npm install --save-dev @temporalio/activity@^1.24.0 @temporalio/testing@^1.24.0 @temporalio/worker@^1.24.0\n',
  );
});

describe('a command that needs a package that is not installed', () => {
  it.each([
    ['worker', []],
    ['parse', ['README.md', '--out', '.cache/missing-package']],
    ['doctor', []],
  ])('%s is answered with the line that installs it', async (command, rest) => {
    const { output, ended } = runNode([join(directory, 'dist/cli/main.js'), command, ...rest], { EXTEND_API_KEY: 'k' });
    expect(await ended).toEqual({ code: 1, signal: null });
    expect(output.stderr).toBe(
      'extend-parse: this command needs @temporalio/activity, @temporalio/worker: ' +
        'npm install @temporalio/activity@^1.24.0 @temporalio/worker@^1.24.0\n',
    );
  });

  it('is also answered in JSON with --json', async () => {
    const { output, ended } = runNode([join(directory, 'dist/cli/main.js'), 'parse', 'README.md', '--json'], {});
    expect(await ended).toEqual({ code: 1, signal: null });
    expect(JSON.parse(output.stdout)).toEqual({
      documents: [],
      error: expect.stringMatching(/^this command needs @temporalio\/activity, @temporalio\/worker: npm install /),
    });
  });

  it('has no line for another error, and for a module that is no peer', () => {
    expect(describeMissingPackage(new Error("Cannot find module '@temporalio/worker'"))).toBeUndefined();
    const error = Object.assign(new Error("Cannot find module './own'"), { code: 'MODULE_NOT_FOUND' });
    expect(describeMissingPackage(error)).toBeUndefined();
  });
});
