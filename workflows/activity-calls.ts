import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { ParseActivities } from '../activities/types';
import { MAX_REQUEST_MS } from '../contract/extend';
import type { Job } from './job';

/** The activity's own limit is the exchange with Extend; Temporal's is this much longer, so that the activity's comes first. */
const MARGIN_MS = 15_000;
const SUBMIT_MS = MAX_REQUEST_MS.submit + MARGIN_MS;
/** A status read may ask twice: once more without `responseType=url`. */
const STATUS_MS = 2 * MAX_REQUEST_MS.status + MARGIN_MS;
/** A deletion may be of a run and of the file that was uploaded for it. */
const DELETION_MS = 2 * MAX_REQUEST_MS.deletion + 2_000;
const FETCH_MS = MAX_REQUEST_MS.fetch + MARGIN_MS;
const HEARTBEAT_MS = 30_000;
/** A submit in flight at the deadline has this long for its answer. */
const SUBMIT_GRACE_MS = 1_000;
/** All attempts of a deletion together: it must not hold up the end. */
const CLEAN_UP_MS = 30_000;

/** Temporal retries what is safe to repeat, until the time that the caller sets. A wait that the API asked for overrides this. */
export const RETRY = {
  initialInterval: 1_000,
  backoffCoefficient: 2,
  maximumInterval: 60_000,
  // The worker rejects a too large answer as retryable: without this it would be fetched again without end.
  nonRetryableErrorTypes: ['PayloadsTooLarge'],
};

/** `submitParse`: one attempt, since the workflow decides what follows. A cancellation waits for its answer. */
export function submitCall(job: Job, summary: string): Pick<ParseActivities, 'submitParse'> {
  const { remainingMs } = job;
  return proxy(job, {
    summary,
    startToCloseTimeout: SUBMIT_MS,
    // No worker until the deadline: then it surely was not sent. Sent, but no answer: that is another matter.
    scheduleToStartTimeout: remainingMs,
    scheduleToCloseTimeout: remainingMs + SUBMIT_GRACE_MS,
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
}

/** `uploadFile`: repeated until the deadline. */
export function uploadCall(job: Job): Pick<ParseActivities, 'uploadFile'> {
  return proxy(job, {
    summary: 'upload',
    startToCloseTimeout: FETCH_MS,
    scheduleToCloseTimeout: job.remainingMs,
    heartbeatTimeout: HEARTBEAT_MS,
  });
}

/** How long a status read may be repeated on transient errors. */
export interface StatusLimit {
  /** All attempts together, in milliseconds. */
  readonly withinMs: number;
  /** @default as many as there is time for */
  readonly attempts?: number;
}

/** `getStatus`: repeated on transient errors, within the limit. */
export function statusCall(job: Job, summary: string, limit: StatusLimit): Pick<ParseActivities, 'getStatus'> {
  return proxy(job, {
    summary,
    startToCloseTimeout: STATUS_MS,
    scheduleToCloseTimeout: limit.withinMs,
    ...(limit.attempts !== undefined && { retry: { ...RETRY, maximumAttempts: limit.attempts } }),
  });
}

/** `fetchResult` and `storeResult`: repeated on transient errors, for so long. */
export function fetchCall(
  job: Job,
  summary: string,
  withinMs: number,
): Pick<ParseActivities, 'fetchResult' | 'storeResult'> {
  return proxy(job, {
    summary,
    startToCloseTimeout: FETCH_MS,
    scheduleToCloseTimeout: withinMs,
    heartbeatTimeout: HEARTBEAT_MS,
  });
}

/** `deleteRun`: best effort within 30 seconds. */
export function deleteCall(job: Job): Pick<ParseActivities, 'deleteRun'> {
  return proxy(job, {
    summary: 'delete at Extend',
    startToCloseTimeout: DELETION_MS,
    scheduleToCloseTimeout: CLEAN_UP_MS,
  });
}

function proxy(job: Job, options: ActivityOptions): ParseActivities {
  const { taskQueue } = job.surroundings;
  return proxyActivities<ParseActivities>({
    retry: RETRY,
    // What is only read can be left alone: the workflow ends at once, the request is aborted when its heartbeat says so.
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    ...(taskQueue !== undefined && { taskQueue }),
    ...options,
  });
}
