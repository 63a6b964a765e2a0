import { join } from 'node:path';

/**
 * Variables for a command under test: it shares its workflow bundles with the other commands of the test run, instead of
 * bundling the workflows anew. The global set-up names the directory in TEST_BUNDLE_DIRECTORY.
 */
export const KEPT_BUNDLES = { NODE_OPTIONS: `--require ${join(__dirname, 'keep-bundles.cjs')}` };

/**
 * Makes the workers that this process creates share their workflow bundles with each other, and with those of other test
 * files of the test run. A worker with other workflows or other interceptors gets another bundle.
 */
export function keepBundles(): void {
  const keeper = require('./keep-bundles.cjs') as { keepBundles(bundler: object): void };
  const { WorkflowCodeBundler } = require('@temporalio/worker/lib/workflow/bundler') as {
    WorkflowCodeBundler: { readonly prototype: object };
  };
  keeper.keepBundles(WorkflowCodeBundler.prototype);
}
