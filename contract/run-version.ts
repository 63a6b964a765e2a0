import type { ApiVersion } from './extend';
import type { AttachInput } from './input';

/**
 * Gives the version of the API in which an attached run was submitted: that of the input, or the one that the beginning
 * of the run id suggests. Extend's documentation allows other beginnings.
 *
 * @returns `undefined` if neither is known
 */
export function versionOfRun({ runId, apiVersion }: Pick<AttachInput, 'runId' | 'apiVersion'>): ApiVersion | undefined {
  if (apiVersion !== undefined) return apiVersion;
  if (runId.startsWith('parser_run_')) return '2025-04-21';
  return runId.startsWith('pr_') ? '2026-02-09' : undefined;
}
