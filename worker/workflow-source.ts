import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { NativeConnection, WorkerOptions } from '@temporalio/worker';

/**
 * Chooses the workflows of a worker. Bundling costs each start about two seconds of a core, so the build has bundled the
 * workflows of this package. The bundle is for one version of Temporal's SDK. With another version, or with options that
 * change the bundle, Temporal bundles the workflows at the start.
 *
 * @returns nothing if the options name workflows themselves
 */
export function workflowSource(
  options: Partial<WorkerOptions>,
  { plugins }: Pick<NativeConnection, 'plugins'>,
): Pick<WorkerOptions, 'workflowsPath' | 'workflowBundle'> {
  if (options.workflowsPath !== undefined || options.workflowBundle !== undefined) return {};
  const codePath = join(__dirname, `workflows-${temporalVersion()}.js`);
  const isOther = plugins.length > 0 || changesBundle(options) || !existsSync(codePath);
  return isOther ? { workflowsPath: require.resolve('../workflows') } : { workflowBundle: { codePath } };
}

/** Version of the installed `@temporalio/worker`. A bundle of workflows is for this version only. */
export function temporalVersion(): string {
  const { version } = require('@temporalio/worker/package.json') as { readonly version: string };
  return version;
}

/** Tells if the options of a worker change what Temporal bundles. Pure. */
export function changesBundle({
  interceptors,
  bundlerOptions,
  dataConverter,
  plugins,
}: Partial<WorkerOptions>): boolean {
  const { payloadConverterPath, failureConverterPath } = dataConverter ?? {};
  const lists = [interceptors?.workflowModules, plugins];
  return (
    lists.some((list) => list !== undefined && list.length > 0) ||
    [bundlerOptions, payloadConverterPath, failureConverterPath].some((option) => option !== undefined)
  );
}
