import { join } from 'node:path';

/**
 * Variables for a command under test: it shares its workflow bundles with the other commands of the test run, instead of
 * bundling the workflows anew. The global set-up names the directory in TEST_BUNDLE_DIRECTORY.
 */
export const KEPT_BUNDLES = { NODE_OPTIONS: `--require ${join(__dirname, 'keep-bundles.cjs')}` };
