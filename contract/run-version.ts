import type { ApiVersion } from './extend';
import type { AttachInput } from './input';

/**
 * Version of the API in which a run was submitted, as the workflow knows it. `worker` stands for an attached run whose
 * version is not known: it is polled in the version in which the worker submits.
 */
export type RunVersion = ApiVersion | 'worker';

/**
 * Gives the version of the API in which an attached run was submitted: the version in the input, or the version that the
 * beginning of the run id suggests. Extend's documentation allows other beginnings.
 *
 * @returns `undefined` if neither is known
 */
export function versionOfRun({ runId, apiVersion }: Pick<AttachInput, 'runId' | 'apiVersion'>): ApiVersion | undefined {
  if (apiVersion !== undefined) return apiVersion;
  if (runId.startsWith('parser_run_')) return '2025-04-21';
  return runId.startsWith('pr_') ? '2026-02-09' : undefined;
}
