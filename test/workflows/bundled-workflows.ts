import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

let bundle: Promise<{ code: string }> | undefined;

/** The bundle of the workflows, for workers that a test creates itself. */
export function bundledWorkflows(): Promise<{ code: string }> {
  bundle ??= bundleWorkflowCode({
    workflowsPath: require.resolve('../../workflows'),
    logger: new DefaultLogger('WARN'),
  });
  return bundle;
}
