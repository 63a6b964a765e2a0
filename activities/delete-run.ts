import { cancellationSignal } from '@temporalio/activity';
import type { ExtendClient } from '../http';
import { defined } from '../json';
import { toApplicationFailure } from './to-application-failure';
import type { ParseActivities } from './types';
import { apiOf } from './version-of';

/**
 * Builds the activity that deletes a run's data at Extend, and the file that was uploaded for the run. The deletion
 * does not stop a run. A run or file that does not exist counts as deleted.
 *
 * @returns an activity that fails with `RateLimited` or `Unavailable` (retried), or with the type of a final refusal.
 */
export function createDeleteRun(extend: ExtendClient): ParseActivities['deleteRun'] {
  return async function deleteRun({ runId, apiVersion, fileId }) {
    const api = apiOf(extend, defined({ runId, apiVersion }));
    const signal = cancellationSignal();
    try {
      if (runId !== undefined) await api.deleteRun(runId, { signal });
      if (fileId !== undefined) await api.deleteFile(fileId, { signal });
    } catch (error) {
      throw toApplicationFailure(error, defined({ purpose: 'delete', runId }));
    }
  };
}
