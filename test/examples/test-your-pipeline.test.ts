import { expect, it } from '@jest/globals';
import { runExample } from './run-example';

it('05 passes in plain jest, which ends by itself', async () => {
  // The test starts its own server, which skips time, so nothing is requested from these addresses.
  const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:1', EXTEND_API_KEY: 'test', EXTEND_BASE_URL: 'http://127.0.0.1:1' };
  // Jest's own limit of 5 s for a test is for quiet machines.
  const { stderr } = await runExample('05', ['--testTimeout=100000'], nowhere);
  expect(stderr).toMatch(/^Tests: +7 passed, 7 total$/m);
  expect(stderr).not.toMatch(/did not exit|open handle/);
});
