import { rmSync } from 'node:fs';

/** Ends the dev server that all test files shared, and deletes the bundles that programs kept. */
export default async function tearDownServers(): Promise<void> {
  await globalThis.sharedDevServer?.close();
  const bundles = process.env['TEST_BUNDLE_DIRECTORY'];
  if (bundles !== undefined) rmSync(bundles, { recursive: true, force: true });
}
