/** Risk tested here: a signal ends npm and its shell, and leaves the example and its servers behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KEPT_BUNDLES } from '../support/kept-bundles';
import { ROOT } from '../support/run-node';
import { writeShell } from '../support/npm-shell';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'example-signals-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('npm run example 02', () => {
  it.each([
    ['SIGINT', 'as Ctrl-C in a terminal does'],
    ['SIGTERM', 'to npm alone, whose shell dies of it'],
  ] as const)('ends with its servers on %s, %s', async (signal, _how) => {
    const none = { EXTEND_API_KEY: '', TEMPORAL_ADDRESS: '', PORT: '0', TMPDIR: directory };
    const env = { ...process.env, ...KEPT_BUNDLES, ...none, npm_config_script_shell: writeShell(directory) };
    const npm = spawn('npm', ['run', '--silent', 'example', '02'], { cwd: ROOT, env, detached: true });
    const listening = new Promise<void>((fulfil) => {
      npm.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('listening on')) fulfil();
      });
    });
    const ended = once(npm, 'close');
    await Promise.race([listening, ended]);
    process.kill(signal === 'SIGINT' ? -npm.pid! : npm.pid!, signal);
    // The output closes when all have ended: npm, its shell, the script, the example and the servers.
    await ended;
    expect(readdirSync(directory).filter((name) => name.startsWith('extend-parse-temporal-'))).toEqual([]);
  });
});
