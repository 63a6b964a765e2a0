import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { devServerAddress } from '../support/servers';
import { START_SCRIPT, Workplace } from './run-command';

let workplace: Workplace;

beforeAll(() => {
  workplace = new Workplace();
});

afterAll(() => workplace.remove());

describe('npm start', () => {
  it('passes arguments and exit status on, and adds nothing to standard output', async () => {
    const ended = await workplace.run(['--json', 'no.pdf'], { script: START_SCRIPT });
    expect(ended.status).toBe(2);
    expect(JSON.parse(ended.stdout)).toEqual({ documents: [], error: 'no such file: no.pdf' });
    expect(ended.stderr).toContain('extend-parse: no such file: no.pdf\n');
    const help = await workplace.run(['--help'], { script: START_SCRIPT });
    expect(help.stdout).toMatch(/^Usage: extend-parse parse /);
    expect(help).toEqual(await workplace.run(['parse', '--help']));
    expect(help.status).toBe(0);
  });

  it('parses a document', async () => {
    const env = { TEMPORAL_ADDRESS: devServerAddress() };
    const args = ['http://emulator.invalid/ok?reads=0', '--out', 'started', '--json'];
    const { status, stdout } = await workplace.run(args, { script: START_SCRIPT, env });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ documents: [{ status: 'processed' }], local: { extend: true } });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('under npm, cancels and cleans up on %s', async (signal) => {
    const args = ['start', '--silent', '--', '--out', workplace.directory, 'http://emulator.invalid/never'];
    const none = { EXTEND_API_KEY: '', TEMPORAL_ADDRESS: '' };
    const env = { ...process.env, TMPDIR: workplace.directory, ...none };
    // npm gets a process group of its own, as in a terminal: Ctrl-C reaches npm and the command at the same time.
    const npm = spawn('npm', args, { cwd: resolve(__dirname, '../..'), env, detached: true });
    let output = '';
    const waiting = new Promise<void>((fulfil) => {
      npm.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.includes('waiting, PROCESSING')) fulfil();
      });
    });
    const ended = once(npm, 'close');
    await Promise.race([waiting, ended]);
    process.kill(signal === 'SIGINT' ? -npm.pid! : npm.pid!, signal);
    // The output closes when all three have ended: npm, its shell and the command.
    const [status, by] = await ended;
    expect([status, by]).toContain(by === null ? 130 : signal);
    expect(output).toMatch(/never: cancelled, workflow \S+, run parser_run_\S+/);
    expect(workplace.leftDatabases()).toEqual([]);
  });
});
