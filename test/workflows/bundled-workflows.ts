import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

let bundle: Promise<{ code: string }> | undefined;

/** The workflows as a worker loads them, for workers that a test makes itself. */
export function bundledWorkflows(): Promise<{ code: string }> {
  bundle ??= bundleWorkflowCode({
    workflowsPath: require.resolve('../../workflows'),
    logger: new DefaultLogger('WARN'),
  });
  return bundle;
}
