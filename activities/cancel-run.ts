import { cancellationSignal, log } from '@temporalio/activity';
import { defined } from '../json';
import type { ExtendClient } from '../http';
import { toApplicationFailure } from './to-application-failure';
import type { ParseActivities } from './types';
import { apiOf } from './version-of';

/**
 * Builds the activity that cancels a run at Extend. Extend refuses to cancel a run that has ended; the activity then
 * polls once, to tell how the run ended. A run of version 2025-04-21 goes on, because that version cannot cancel.
 *
 * @returns an activity that fails with `RateLimited` or `Unavailable` (retried), or with the type of a final refusal.
 */
export function createCancelRun(extend: ExtendClient): ParseActivities['cancelRun'] {
  return async function cancelRun({ runId, apiVersion }) {
    const api = apiOf(extend, defined({ runId, apiVersion }));
    if (api.cancelRun === undefined) {
      log.warn(`the run goes on: version ${api.apiVersion} of Extend's API cannot cancel`, { parserRunId: runId });
      return {};
    }
    const signal = cancellationSignal();
    const isCancelled = await api.cancelRun(runId, { signal }).catch((error: unknown) => {
      throw toApplicationFailure(error, { purpose: 'cancel', runId });
    });
    if (isCancelled) return { status: 'CANCELLED' };
    const polled = await api.pollRun(runId, { signal }).catch(() => undefined);
    return defined({ status: polled?.status });
  };
}
