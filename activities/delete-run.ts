import { cancellationSignal } from '@temporalio/activity';
import type { ExtendClient } from '../http';
import { toApplicationFailure } from './to-application-failure';
import type { ParseActivities } from './types';

/**
 * Builds the activity that deletes a run's data at Extend, and the file that was uploaded for it. Deleting is no
 * cancelling: Extend's API of this version has no way to stop a run. What is gone already counts as deleted.
 *
 * @returns An activity that fails with `RateLimited` or `Unavailable` (retried), or with the type of a final refusal.
 */
export function createDeleteRun(extend: ExtendClient): ParseActivities['deleteRun'] {
  return async function deleteRun({ runId, fileId }) {
    const signal = cancellationSignal();
    try {
      if (runId !== undefined) await extend.deleteRun(runId, { signal });
      if (fileId !== undefined) await extend.deleteFile(fileId, { signal });
    } catch (error) {
      throw toApplicationFailure(error, { purpose: 'delete', ...(runId !== undefined && { runId }) });
    }
  };
}
