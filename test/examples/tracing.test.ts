/**
 * Risks tested here: the trace breaks at the client, the workflow's sandbox, the activity or the HTTP request; a span
 * holds the signature of a URL.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../local/extend';
import { devServerAddress } from '../support/servers';
import { runExample } from './run-example';

let emulator: Emulator;

beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

it('07 makes one trace from the client to the requests that Extend gets', async () => {
  const env = { TEMPORAL_ADDRESS: devServerAddress(), EXTEND_API_KEY: 'sk_secret', EXTEND_BASE_URL: emulator.url };
  const { stdout } = await runExample('07', ['http://emulator.invalid/ok?token=hidden'], env);
  const names = [...stdout.matchAll(/^ {2}name: '(.*)',$/gm)].map(([, name]) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'StartWorkflow:parseDocument',
      'RunWorkflow:parseDocument',
      'StartActivity:submitParse',
      'RunActivity:submitParse',
      'RunActivity:getStatus',
      'RunActivity:fetchResult',
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
  const program = [join(__dirname, '../../scripts/run-ts.mjs'), join(__dirname, 'traced-fetch.ts'), url];
  const { stdout } = await promisify(execFile)(process.execPath, program);
  expect(emulator.requests.at(-1)?.query).toEqual({ 'X-Amz-Signature': 'SIGCANARY' });
  expect(stdout).toContain(`'url.full': '${emulator.url}/manifest.jsonl'`);
  expect(stdout).not.toContain('SIGCANARY');
});
