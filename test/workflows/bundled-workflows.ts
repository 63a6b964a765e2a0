import { withBundledWorkflows } from '../../testing/bundle-workflows';

/**
 * The workflows of this package, or of another file, as a worker loads them, for workers that a test creates itself. They
 * are bundled once for all tests.
 */
export async function bundledWorkflows(workflowsPath?: string): Promise<{ code: string }> {
  const { workflowBundle } = await withBundledWorkflows(workflowsPath === undefined ? {} : { workflowsPath });
  if (workflowBundle === undefined || !('code' in workflowBundle)) throw new Error('the workflows were not bundled');
  return workflowBundle;
}
