import { bundleWorkflowCode, DefaultLogger, type BundleOptions } from '@temporalio/worker';
import type { ParseWorkerOptions } from '../worker';
import { changesBundle, workflowSource } from '../worker/workflow-source';
import { fingerprint, keepBundle, readBundle } from './bundle-cache';

type WorkerSettings = NonNullable<ParseWorkerOptions['worker']>;
type WebpackConfiguration = Parameters<NonNullable<BundleOptions['webpackConfigHook']>>[0];

/** Name of this package's plugin in the bundler. */
const NAME = 'extend-parse';

/**
 * Adds a bundle of the workflows to the worker's settings. Bundling takes seconds, so a bundle is kept until one of its
 * files changes. Settings that contain a bundle, that take the bundle of the build, or that have an option which changes
 * the bundle, are returned unchanged.
 */
export async function withBundledWorkflows(settings: WorkerSettings): Promise<WorkerSettings> {
  const { workflowBundle } = { ...workflowSource(settings, { plugins: [] }), ...settings };
  if (workflowBundle !== undefined || changesBundle(settings)) return settings;
  const { workflowsPath = require.resolve('../workflows'), ...others } = settings;
  const code = (await readBundle(workflowsPath)) ?? (await bundleWorkflows(workflowsPath));
  return { ...others, workflowBundle: { code } };
}

async function bundleWorkflows(workflowsPath: string): Promise<string> {
  const inputs = { sources: new Map<string, string>(), paths: new Set<string>() };
  const webpackConfigHook = (configuration: WebpackConfiguration) => withRecorder(configuration, inputs);
  const logger = new DefaultLogger('WARN');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger, webpackConfigHook });
  await keepBundle(workflowsPath, code, inputs);
  return code;
}

/**
 * Makes the bundler record the files that it reads, and those that it does not find. A missing file that appears later
 * changes the bundle too.
 */
function withRecorder(
  configuration: WebpackConfiguration,
  { sources, paths }: { readonly sources: Map<string, string>; readonly paths: Set<string> },
): WebpackConfiguration {
  const recorder: NonNullable<WebpackConfiguration['plugins']>[number] = {
    apply: (compiler) => {
      compiler.hooks.compilation.tap(NAME, ({ hooks }) => {
        hooks.buildModule.tap(NAME, (module) => {
          const path = module.nameForCondition();
          if (path !== null) sources.set(path, fingerprint(path));
        });
      });
      compiler.hooks.done.tap(NAME, ({ compilation }) => {
        for (const path of [...compilation.fileDependencies, ...compilation.missingDependencies]) paths.add(path);
      });
    },
  };
  return { ...configuration, plugins: [...(configuration.plugins ?? []), recorder] };
}
