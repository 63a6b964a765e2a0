/** Risks tested here: a document that fails is not named, or a parsed one is parsed and billed again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { httpReply, startEmulator, type Emulator } from '../../local/extend';
import { devServerAddress } from '../support/servers';
import { compileExample, outputOf, startProgram } from './run-example';

const NO_CREDITS = httpReply({ status: 402, json: { code: 'OUT_OF_CREDITS', message: 'no credits' } });

let emulator: Emulator;
let data: string;
let compiled: string;
beforeAll(async () => {
  const quick = { processingReads: 0 };
  const scripts = { letter: { ...quick, pageCount: 2 }, report: quick, unpaid: { ...quick, submit: [NO_CREDITS] } };
  emulator = await startEmulator({ scripts });
  compiled = compileExample('04-batch');
  data = mkdtempSync(join(tmpdir(), 'batch-'));
});
afterAll(async () => {
  await emulator.close();
  rmSync(data, { recursive: true });
  rmSync(compiled, { recursive: true });
});

it('04 names the failed document, parses nothing twice under the same key, and only the failed one with retryFailed', async () => {
  const env = {
    TEMPORAL_ADDRESS: devServerAddress(),
    EXTEND_API_KEY: 'test',
    EXTEND_BASE_URL: emulator.url,
    BATCH_DATA: data,
  };
  const urls = ['letter', 'report', 'unpaid'].map((name) => `http://emulator.invalid/${name}?n=batch`);
  const { stdout, stderr } = await outputOf(startProgram([join(compiled, 'main.js'), ...urls], env));
  expect(stderr).toMatch(/^\d of 3 done, [01] failed, \d in flight$/m);
  const [first = '', second = '', third = ''] = stdout.split('\n\n');
  expect(first).toMatch(/^2 of 3 parsed, 1 failed$/m);
  expect(first).toMatch(/^ {2}letter: parsed, pages: 2$/m);
  expect(first).toMatch(/^ {2}unpaid: OutOfCredits, .*no credits/m);
  expect(second.split('\n').slice(1)).toEqual(first.split('\n'));
  expect(third).toMatch(/^3 of 3 parsed, 0 failed$/m);
  expect(third).toMatch(/^ {2}unpaid: parsed, pages: 1$/m);
  expect(emulator.runs.map(({ fileUrl }) => fileUrl).sort()).toEqual(urls);
});
