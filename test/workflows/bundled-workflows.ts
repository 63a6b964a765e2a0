import { withBundledWorkflows } from '../../testing/bundle-workflows';

/** The workflows as a worker loads them, for workers that a test creates itself. They are bundled once for all tests. */
export async function bundledWorkflows(): Promise<{ code: string }> {
  const { workflowBundle } = await withBundledWorkflows({});
  if (workflowBundle === undefined || !('code' in workflowBundle)) throw new Error('the workflows were not bundled');
  return workflowBundle;
}
