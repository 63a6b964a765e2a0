import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import type { ParseWorkerOptions } from '../worker';

type WorkerSettings = NonNullable<ParseWorkerOptions['worker']>;

const bundles = new Map<string, Promise<{ readonly code: string }>>();

/**
 * The worker's settings with the workflows bundled ahead. Bundling takes seconds, so each file of workflows is bundled
 * once per process. Settings that have a say in the bundle are left as they are.
 */
export async function withBundledWorkflows(settings: WorkerSettings): Promise<WorkerSettings> {
  const { workflowBundle, interceptors, bundlerOptions, dataConverter, plugins, sinks } = settings;
  if ([workflowBundle, interceptors, bundlerOptions, dataConverter, plugins, sinks].some(Boolean)) return settings;
  const { workflowsPath = require.resolve('../workflows'), ...others } = settings;
  let bundle = bundles.get(workflowsPath);
  if (bundle === undefined) {
    bundle = bundleWorkflows(workflowsPath);
    bundles.set(workflowsPath, bundle);
  }
  return { ...others, workflowBundle: await bundle };
}

async function bundleWorkflows(workflowsPath: string) {
  return bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
}
