import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../local/extend';
import { devServerAddress } from '../support/servers';
import { codeBlocks, toCommonJs } from './code-blocks';

const root = join(__dirname, '../..');
/** Inside of the package, so that its own name leads to the build, as it would for a user. */
const directory = join(root, '.cache/readme');

/** The README's programs by the names of their files. */
const blocks = Object.fromEntries(codeBlocks('README.md').map(({ name = 'no name', code }) => [name, code]));

/** Runs what the README says in plain jest, with no settings. */
async function runJest(): Promise<{ status: number | null; output: string }> {
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const child = spawn(process.execPath, [jest, '--rootDir', directory, '--config', '{}', 'test.js$'], {
    stdio: 'pipe',
  });
  let output = '';
  child.stderr.on('data', (part: Buffer) => (output += part.toString()));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, output };
}

describe('the code of the README', () => {
  let emulator: Emulator;
  let worker: ChildProcess;

  beforeAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    for (const [name, code] of Object.entries(blocks)) {
      writeFileSync(join(directory, name), code);
      writeFileSync(join(directory, name.replace(/ts$/, 'js')), toCommonJs(code));
    }
    emulator = await startEmulator();
    worker = spawn(process.execPath, [join(directory, 'worker.js')], {
      stdio: 'ignore',
      env: {
        ...process.env,
        TEMPORAL_ADDRESS: devServerAddress(),
        EXTEND_API_KEY: 'test',
        EXTEND_BASE_URL: emulator.url,
      },
    });
  });
  afterAll(async () => {
    worker.kill('SIGTERM');
    await new Promise((resolve) => worker.once('exit', resolve));
    await emulator.close();
  });

  it('has the files that it speaks of', () => {
    expect(Object.keys(blocks)).toEqual(['worker.ts', 'workflows.ts', 'backend.ts', 'pipeline.test.ts']);
  });

  it('parses a document from the backend through the worker', async () => {
    process.env['TEMPORAL_ADDRESS'] = devServerAddress();
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the file exists only at run time
    const { parseInvoice } = require(join(directory, 'backend.js')) as {
      parseInvoice: (id: string, url: string) => Promise<string>;
    };
    const id = String(Date.now());
    await expect(parseInvoice(id, 'http://emulator.invalid/ok')).resolves.toMatch(/^# /);
    await expect(parseInvoice(`${id}-bad`, 'http://emulator.invalid/failing')).resolves.toMatch(
      /^not readable: CORRUPT_FILE \(parser_run_/,
    );
    await parseInvoice(id, 'http://emulator.invalid/ok');
    expect(emulator.runs).toHaveLength(2);
  });

  it('passes as a test of a pipeline in plain jest', async () => {
    expect(await runJest()).toEqual({ status: 0, output: expect.stringContaining('1 passed, 1 total') });
  });
});
