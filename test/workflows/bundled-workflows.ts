import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withBundledWorkflows } from '../../testing/bundle-workflows';

/** Name of the file in TEST_BUNDLE_DIRECTORY with the bundle of this package's workflows. The global set-up writes it. */
export const KEPT_WORKFLOWS = 'workflows.js';

/**
 * The workflows of this package, or of another file, as a worker loads them, for workers that a test creates itself. They
 * are bundled once for all tests.
 */
export async function bundledWorkflows(workflowsPath?: string): Promise<{ code: string }> {
  const directory = process.env['TEST_BUNDLE_DIRECTORY'];
  if (workflowsPath === undefined && directory !== undefined)
    return { code: readFileSync(join(directory, KEPT_WORKFLOWS), 'utf8') };
  const { workflowBundle } = await withBundledWorkflows(workflowsPath === undefined ? {} : { workflowsPath });
  if (workflowBundle === undefined || !('code' in workflowBundle)) throw new Error('the workflows were not bundled');
  return workflowBundle;
}
