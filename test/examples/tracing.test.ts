/**
 * Risks tested here: the trace breaks at the client, the workflow's sandbox, the activity or the HTTP request; a span
 * holds the signature of a URL.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../local/extend';
import { devServerAddress } from '../support/servers';
import { compileExample, outputOf, startProgram } from './run-example';

let emulator: Emulator;
let compiled: string;

beforeAll(async () => {
  emulator = await startEmulator();
  compiled = compileExample('07-tracing');
});
afterAll(async () => {
  await emulator.close();
  rmSync(compiled, { recursive: true });
});

it('07 makes one trace from the client to the requests that Extend gets', async () => {
  const env = { TEMPORAL_ADDRESS: devServerAddress(), EXTEND_API_KEY: 'sk_secret', EXTEND_BASE_URL: emulator.url };
  const { stdout } = await outputOf(
    startProgram([join(compiled, 'main.js'), 'http://emulator.invalid/ok?token=hidden&reads=0'], env),
  );
  const names = [...stdout.matchAll(/^ {2}name: '(.*)',$/gm)].map(([, name]) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'StartWorkflow:parseDocument',
      'RunWorkflow:parseDocument',
      'StartActivity:submitParse',
      'RunActivity:submitParse',
      'RunActivity:getStatus',
      'POST',
      'GET',
    ]),
  );
  const traces = [...stdout.matchAll(/^ {2}traceId: '(\w+)',$/gm)].map(([, id]) => id);
  expect(new Set(traces).size).toBe(1);
  expect(emulator.requests.length).toBeGreaterThan(2);
  for (const { headers } of emulator.requests) expect(headers['traceparent']).toContain(`-${traces[0]}-`);
  expect(stdout).not.toMatch(/sk_secret|hidden/);
});

it('07 exports no query of a URL that the worker downloads', async () => {
  const url = `${emulator.url}/manifest.jsonl?X-Amz-Signature=SIGCANARY#SIGCANARY`;
  // The program downloads the URL as a worker downloads a manifest.
  const program = `require(${JSON.stringify(join(compiled, 'tracing.js'))}); void fetch(${JSON.stringify(url)})`;
  const { stdout } = await outputOf(startProgram(['-e', program]));
  expect(emulator.requests.at(-1)?.query).toEqual({ 'X-Amz-Signature': 'SIGCANARY' });
  expect(stdout).toContain(`'url.full': '${emulator.url}/manifest.jsonl'`);
  expect(stdout).not.toContain('SIGCANARY');
});
