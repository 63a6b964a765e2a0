import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporalServer, startDevServer, type DevServer } from '../../local/temporal';
import { bundledWorkflows, KEPT_WORKFLOWS } from '../workflows/bundled-workflows';

declare global {
  // Jest runs set-up and tear-down in one process, and gives them nothing but the global object to share.
  var sharedDevServer: DevServer | undefined;
}

/**
 * Finds (or fetches) both Temporal servers, starts the dev server that all test files share, and makes the directory in
 * which programs keep their workflow bundles for this test run.
 *
 * All clients of a time-skipping server share one clock, so each test file starts its own server, from the path given
 * here. If a server cannot be found or fetched, the whole run fails, and the error lists all attempts.
 */
export default async function setUpServers(): Promise<void> {
  const onDownload = (sentence: string) => console.error(sentence);
  const executable = await findTemporalServer({ kind: 'dev-server', onDownload });
  const timeSkipping = await findTemporalServer({ kind: 'time-skipping', onDownload });
  globalThis.sharedDevServer = await startDevServer({ executable });
  process.env['TEST_DEV_SERVER_ADDRESS'] = globalThis.sharedDevServer.address;
  process.env['TEST_DEV_SERVER_EXECUTABLE'] = executable;
  process.env['TEST_TIME_SKIPPING_EXECUTABLE'] = timeSkipping;
  const bundles = mkdtempSync(join(tmpdir(), 'test-bundles-'));
  writeFileSync(join(bundles, KEPT_WORKFLOWS), (await bundledWorkflows()).code);
  process.env['TEST_BUNDLE_DIRECTORY'] = bundles;
}
