import { cancellationSignal, log } from '@temporalio/activity';
import type { ExtendClient } from '../http';
import { toApplicationFailure } from './to-application-failure';
import type { ParseActivities } from './types';
import { apiOf } from './version-of';

/**
 * Builds the activity that cancels a run at Extend. A run that has ended or does not exist counts as cancelled. A run of
 * version 2025-04-21 goes on, because that version cannot cancel.
 *
 * @returns an activity that fails with `RateLimited` or `Unavailable` (retried), or with the type of a final refusal.
 */
export function createCancelRun(extend: ExtendClient): ParseActivities['cancelRun'] {
  return async function cancelRun({ runId, apiVersion }) {
    const api = apiOf(extend, apiVersion);
    if (api.cancelRun === undefined) {
      log.warn(`the run goes on: version ${api.apiVersion} of Extend's API cannot cancel`, { parserRunId: runId });
      return;
    }
    await api.cancelRun(runId, { signal: cancellationSignal() }).catch((error: unknown) => {
      throw toApplicationFailure(error, { purpose: 'cancel', runId });
    });
  };
}
