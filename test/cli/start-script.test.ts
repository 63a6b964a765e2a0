import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { devServerAddress } from '../support/servers';
import { writeShell } from '../support/npm-shell';
import { makeDeck } from '../local/extend/made-office';
import { sampleDocument } from '../local/extend/sample-documents';
import { COMMAND, DOCUMENTS, START_SCRIPT, Workplace } from './run-command';

let workplace: Workplace;

beforeAll(() => {
  workplace = new Workplace();
});

afterAll(() => workplace.remove());

/** Starts npm in a process group of its own, as in a terminal, and waits until the document is in flight. */
async function startWaiting(file: 'npm' | 'npx', args: readonly string[], cwd: string) {
  const none = { EXTEND_API_KEY: '', TEMPORAL_ADDRESS: '' };
  const shell = { npm_config_script_shell: writeShell(workplace.directory) };
  const env = { ...process.env, TMPDIR: workplace.directory, ...none, ...shell };
  const npm = spawn(file, args, { cwd, env, detached: true });
  const ended = once(npm, 'close');
  let output = '';
  const waiting = new Promise<void>((fulfil) => {
    npm.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('waiting, PROCESSING')) fulfil();
    });
  });
  await Promise.race([waiting, ended]);
  return {
    /** Signals npm, or as Ctrl-C does all of its group, and waits for the end of npm, its shell and the command. */
    end: async (signal: 'SIGINT' | 'SIGTERM') => {
      process.kill(signal === 'SIGINT' ? -npm.pid! : npm.pid!, signal);
      const [status, by] = (await ended) as [number | null, NodeJS.Signals | null];
      return { status, by, output };
    },
  };
}

describe('npx extend-parse parse', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('cancels and cleans up on %s', async (signal) => {
    const bin = join(workplace.directory, 'node_modules', '.bin');
    mkdirSync(bin, { recursive: true });
    if (!existsSync(join(bin, 'extend-parse'))) symlinkSync(COMMAND, join(bin, 'extend-parse'));
    const args = [
      '--no-install',
      'extend-parse',
      'parse',
      '--out',
      workplace.directory,
      'http://emulator.invalid/never',
    ];
    const { end } = await startWaiting('npx', args, workplace.directory);
    const { status, by, output } = await end(signal);
    expect([status, by]).toContain(by === null ? 130 : signal);
    expect(output).toMatch(/never: cancelled, workflow \S+, run parser_run_\S+/);
    expect(workplace.leftDatabases()).toEqual([]);
  });
});

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

  it('prints the markdown of a photographed receipt, of slides and of a spreadsheet', async () => {
    const picture = sampleDocument('receipt.png');
    const slides = [
      { title: 'Berths', table: [['Berth'], ['A1']] },
      { title: 'Costs \u009b31m of May', picture },
    ];
    writeFileSync(join(workplace.directory, 'deck.pptx'), makeDeck(slides));
    const env = { TEMPORAL_ADDRESS: devServerAddress() };
    const args = [join(DOCUMENTS, 'turned.jpg'), 'deck.pptx', join(DOCUMENTS, 'orders.xlsx'), '--out', 'markdown'];
    const { status, stdout } = await workplace.run(args, { script: START_SCRIPT, env });
    expect(status).toBe(0);
    const [, receipt = '', deck = '', orders = ''] = stdout.split(/^the first lines of .*\n/m);
    expect(receipt).toMatch(/^ {2}HARBOUR CAFE\n[^]*^ {2}Coffee 2.80\n {2}Apple cake 4.50\n {2}Total EUR 7.30\n/m);
    expect(deck).toMatch(/^ {2}# Berths\n\n {2}\| Berth \|\n {2}\| --- \|\n {2}\| A1 \|\n\n {2}# Costs 31m of May$/m);
    expect(deck).toContain('Apple cake 4.50');
    expect(orders).toContain('  | Date | Item | Quantity | Price |\n  | --- | --- | --- | --- |\n');
    expect(orders).toContain('| 2026-01-15 | Paper A4 | 12 | 4.50 |');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('under npm, cancels and cleans up on %s', async (signal) => {
    const args = ['start', '--silent', '--', '--out', workplace.directory, 'http://emulator.invalid/never'];
    const { end } = await startWaiting('npm', args, resolve(__dirname, '../..'));
    const { status, by, output } = await end(signal);
    expect([status, by]).toContain(by === null ? 130 : signal);
    expect(output).toMatch(/never: cancelled, workflow \S+, run parser_run_\S+/);
    expect(workplace.leftDatabases()).toEqual([]);
  });
});
