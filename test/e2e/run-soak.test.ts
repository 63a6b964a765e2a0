import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readArguments, repeatCommand } from '../soak/read-arguments';

const ROOT = resolve(__dirname, '../..');

function runSoakCommand(...args: readonly string[]) {
  const script = resolve(ROOT, 'scripts/run-ts.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, 'test/soak/main.ts', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the arguments of npm run soak', () => {
  it('have defaults, and a seed that is new each time', () => {
    const [first, second] = [readArguments([]), readArguments([])];
    expect(first).toEqual({
      documents: 200,
      seed: expect.stringMatching(/^\d+$/),
      mode: 'both',
      engine: 'both',
      apiVersion: '2025-04-21',
      losses: 'some',
      maxListLagMs: 0,
      foreignRuns: 0,
      limitMs: 600_000,
    });
    expect(first?.seed).not.toBe(second?.seed);
  });

  it('are part of the printed command that repeats the soak', () => {
    const given = [
      '--documents',
      '20',
      '--seed',
      'x-1',
      '--mode',
      'fail',
      '--engine',
      'retry',
      '--api-version',
      'both',
      '--losses',
      'many',
      '--max-list-lag-ms',
      '30000',
      '--foreign-runs',
      '2',
    ];
    const read = readArguments(given);
    expect(repeatCommand(read!)).toBe(`npm run soak -- ${given.join(' ')}`);
  });

  it.each([
    [['--documents', '0'], "--documents must be a whole number from 1 to 10000, got '0'"],
    [['--documents', '1.5'], "--documents must be a whole number from 1 to 10000, got '1.5'"],
    [['--seed', 'a b'], "--seed must be letters, digits, - and _, got 'a b'"],
    [['--mode', 'never'], "--mode must be one of resubmit, fail, both, got 'never'"],
    [['--engine', 'steam'], "--engine must be one of timer, retry, both, got 'steam'"],
    [['--api-version', '2'], "--api-version must be one of 2025-04-21, 2026-02-09, both, got '2'"],
    [['--losses', 'all'], "--losses must be one of some, many, got 'all'"],
    [['--max-list-lag-ms', '1.5'], "--max-list-lag-ms must be a whole number from 0 to 600000, got '1.5'"],
    [['--foreign-runs', 'x'], "--foreign-runs must be a whole number from 0 to 10000, got 'x'"],
    [['--minutes-limit', '0'], "--minutes-limit must be a number from 0.1 to 1440, got '0'"],
    [['--speed', '9'], "Unknown option '--speed'"],
  ])('are refused by name: %j', (args, message) => {
    expect(() => readArguments(args)).toThrow(message);
  });
});

describe('the program', () => {
  it('names a wrong argument and exits with 2', () => {
    const { status, stdout, stderr } = runSoakCommand('--mode', 'never');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain("--mode must be one of resubmit, fail, both, got 'never'");
  });

  it('exits with 1, names the document that has not ended in time, and prints the seed', () => {
    // The plan of this seed answers its submit twice with 429 without `Retry-After`, which costs 15 seconds.
    const { status, stdout } = runSoakCommand(
      '--documents',
      '1',
      '--seed',
      'late-231',
      '--mode',
      'fail',
      '--minutes-limit',
      '0.1',
    );
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout: expect.stringMatching(/lost \(must be 0\) +\|   1 \|[^]*lost, document 1 .*: /),
    });
    expect(stdout).toContain(
      'npm run soak -- --documents 1 --seed late-231 --mode fail --engine both --api-version 2025-04-21\n',
    );
  });
});
