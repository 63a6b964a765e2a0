import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { BatchActivities, GroupActivities } from '../../activities/types';
import { RETRY } from '../activity-calls';

const PREPARE_MS = 3_600_000;
const STORE_MS = 300_000;
const WATCH_MS = 120_000;
const HEARTBEAT_MS = 30_000;
/** One attempt may upload many sources, or store many results. */
const GROUP_MS = 3_600_000;
/** Limits of the cancellations of a group at Extend, which must not keep a batch from ending. */
const CANCEL_GROUP_MS = 600_000;
const CANCEL_GROUP_ATTEMPTS = 5;
/** Limits of the deletion of the runs of one segment at Extend, which must not keep a batch from ending. */
const DELETE_RUNS_MS = 900_000;
const DELETE_RUNS_ATTEMPTS = 5;

/** Calls `prepareBatch`. Transient errors are retried without limit, because a batch has no deadline. */
export function prepareCall(): Pick<BatchActivities, 'prepareBatch'> {
  return proxy({ summary: 'prepare', startToCloseTimeout: PREPARE_MS });
}

/** Calls `readBatchPage`, `writeOutcomes` and `takeGroup`. Each is retried until the store has done it or refuses it. */
export function storeCall(
  summary: string,
): Pick<BatchActivities, 'readBatchPage' | 'writeOutcomes'> & Pick<GroupActivities, 'takeGroup'> {
  return proxy({ summary, startToCloseTimeout: STORE_MS });
}

/** Calls `followDocuments` and `cancelDocuments`. Each is retried without limit. */
export function watchCall(summary: string): Pick<BatchActivities, 'followDocuments' | 'cancelDocuments'> {
  return proxy({ summary, startToCloseTimeout: WATCH_MS });
}

/**
 * Calls `submitGroup` and `followGroup`. Each is retried without limit, because the activity itself ends its documents at
 * their deadline. A cancellation waits for an attempt that runs, which may have a submit in flight or results that are
 * recorded.
 */
export function groupCall(summary: string): Pick<GroupActivities, 'submitGroup' | 'followGroup'> {
  const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;
  return proxy({ summary, startToCloseTimeout: GROUP_MS, cancellationType });
}

/** Calls `deleteRuns`: best effort, at most 5 attempts within 15 minutes. */
export function deleteRunsCall(summary: string): Pick<GroupActivities, 'deleteRuns'> {
  return proxy({
    summary,
    startToCloseTimeout: DELETE_RUNS_MS,
    scheduleToCloseTimeout: DELETE_RUNS_MS,
    retry: { ...RETRY, maximumAttempts: DELETE_RUNS_ATTEMPTS },
  });
}

/** Calls `cancelGroup`: best effort, at most 5 attempts within 10 minutes. */
export function cancelGroupCall(): Pick<GroupActivities, 'cancelGroup'> {
  return proxy({
    summary: 'cancel at Extend',
    startToCloseTimeout: CANCEL_GROUP_MS,
    scheduleToCloseTimeout: CANCEL_GROUP_MS,
    retry: { ...RETRY, maximumAttempts: CANCEL_GROUP_ATTEMPTS },
  });
}

function proxy(options: ActivityOptions): BatchActivities & GroupActivities {
  return proxyActivities<BatchActivities & GroupActivities>({
    retry: RETRY,
    heartbeatTimeout: HEARTBEAT_MS,
    ...options,
  });
}
