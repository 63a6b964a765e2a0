/** What could go wrong here: the trace breaks at the client, the workflow's sandbox, the activity or the HTTP request. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startEmulator, type Emulator } from '../../emulator';
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
