import { join } from 'node:path';
import { jest } from '@jest/globals';

/** The module with Temporal's bundler. */
const BUNDLER = '@temporalio/worker/lib/workflow/bundler';

/**
 * Variables for a program under test that bundles workflows of its own: it shares its bundles with the other programs of
 * the test run. The global set-up names the directory in TEST_BUNDLE_DIRECTORY.
 */
export const KEPT_BUNDLES = { NODE_OPTIONS: `--require ${join(__dirname, 'keep-bundles.cjs')}` };

/**
 * Makes the workers that this process creates share their workflow bundles with each other, and with those of other test
 * files of the test run. A worker with other workflows or other interceptors gets another bundle.
 */
export function keepBundles(): void {
  const keeper: { keepBundles(bundler: object): void } = jest.requireActual('./keep-bundles.cjs');
  const bundling: { WorkflowCodeBundler: { readonly prototype: object } } = jest.requireActual(BUNDLER);
  keeper.keepBundles(bundling.WorkflowCodeBundler.prototype);
}
