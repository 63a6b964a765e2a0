import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { ParseActivities } from '../activities/types';
import { MAX_REQUEST_MS } from '../contract/extend/request-limits';
import { defined } from '../json';

/** An activity limits its own exchange with Extend. Temporal's limit is longer by this margin, so the activity's limit applies first. */
const MARGIN_MS = 15_000;
const SUBMIT_MS = MAX_REQUEST_MS.submit + MARGIN_MS;
/** One poll may send two requests, the second one without `responseType=url`, and then brings the result. */
const STATUS_MS = 2 * MAX_REQUEST_MS.status + MAX_REQUEST_MS.fetch + MARGIN_MS;
/** One deletion may delete a run and the file that was uploaded for it. */
const DELETION_MS = 2 * MAX_REQUEST_MS.deletion + 2_000;
/** Fetching a stored result may send two requests: the first one for the URL of the content. */
const FETCH_MS = MAX_REQUEST_MS.status + MAX_REQUEST_MS.fetch + MARGIN_MS;
/** One look may read many pages of the list of runs. */
const LOOK_MS = 120_000;
const FIRST_LOOK_DELAY_MS = 2_000;
const MAX_LOOK_DELAY_MS = 30_000;
const HEARTBEAT_MS = 30_000;
/** A submit that is in flight at the deadline gets this much more time for its answer. */
const SUBMIT_GRACE_MS = 1_000;
/** Limit of all attempts of a deletion at Extend, because it must not delay the end of the workflow. */
const CLEAN_UP_MS = 30_000;
/**
 * Limits of a cancellation at Extend. The time includes the wait for a worker: a batch that is cancelled queues one
 * cancellation per document in flight. The number of attempts keeps a failing API from delaying the end.
 */
const CANCELLATION_MS = 300_000;
const CANCELLATION_ATTEMPTS = 5;
/** A refused cancellation is followed by up to two polls. */
const CANCELLATION_ATTEMPT_MS = 3 * MAX_REQUEST_MS.status + 2_000;

/** Temporal retries requests that are safe to repeat, until the time limit of the call. A wait that the API requests overrides these intervals. */
export const RETRY = {
  initialInterval: 1_000,
  backoffCoefficient: 2,
  maximumInterval: 60_000,
  // The worker rejects a result that is too large as retryable: without this entry, Temporal would fetch it again until the deadline.
  nonRetryableErrorTypes: ['PayloadsTooLarge'],
};

/** Limits of the retries of one status activity. */
export interface StatusLimit {
  /** Time limit of all attempts together, in milliseconds. */
  readonly withinMs: number;
  /** @default as many as the time limit permits */
  readonly attempts?: number;
  /** `true`: a cancellation waits for an attempt that runs, since it may bring the only result. @default false */
  readonly isUncut?: boolean;
}

/** The activities of one document, with their timeouts and retries. `summary` is the text in Temporal's UI. */
export class ActivityCalls {
  /** @param taskQueue of the activities; the workflow's own if it is undefined. */
  constructor(private readonly taskQueue: string | undefined) {}

  /** `submitParse`: one attempt, because the workflow decides about the next one. A cancellation waits for the answer. */
  submit(summary: string, remainingMs: number): Pick<ParseActivities, 'submitParse'> {
    return this.#proxy({
      summary,
      startToCloseTimeout: SUBMIT_MS,
      // A SCHEDULE_TO_START timeout proves that no worker sent the request. A SCHEDULE_TO_CLOSE timeout does not, so the submit is ambiguous.
      scheduleToStartTimeout: remainingMs,
      scheduleToCloseTimeout: remainingMs + SUBMIT_GRACE_MS,
      retry: { maximumAttempts: 1 },
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    });
  }

  /** `findRun`: with `wait` Temporal repeats the look at growing intervals within the time limit. */
  look(withinMs: number): Pick<ParseActivities, 'findRun'> {
    return this.#proxy({
      summary: 'look for the run',
      startToCloseTimeout: LOOK_MS,
      scheduleToCloseTimeout: withinMs,
      heartbeatTimeout: HEARTBEAT_MS,
      retry: { ...RETRY, initialInterval: FIRST_LOOK_DELAY_MS, maximumInterval: MAX_LOOK_DELAY_MS },
    });
  }

  /** `uploadFile`: Temporal retries it within the time limit. */
  upload(withinMs: number): Pick<ParseActivities, 'uploadFile'> {
    return this.#proxy({
      summary: 'upload',
      startToCloseTimeout: FETCH_MS,
      scheduleToCloseTimeout: withinMs,
      heartbeatTimeout: HEARTBEAT_MS,
    });
  }

  /** `getStatus`: Temporal retries transient errors within the limit. */
  status(summary: string, { withinMs, attempts, isUncut }: StatusLimit): Pick<ParseActivities, 'getStatus'> {
    return this.#proxy({
      summary,
      startToCloseTimeout: STATUS_MS,
      scheduleToCloseTimeout: withinMs,
      heartbeatTimeout: HEARTBEAT_MS,
      ...(isUncut && { cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED }),
      ...(attempts !== undefined && { retry: { ...RETRY, maximumAttempts: attempts } }),
    });
  }

  /** `fetchResult` and `storeResult`: Temporal retries transient errors within the time limit. */
  fetch(summary: string, withinMs: number): Pick<ParseActivities, 'fetchResult' | 'storeResult'> {
    return this.#proxy({
      summary,
      startToCloseTimeout: FETCH_MS,
      scheduleToCloseTimeout: withinMs,
      heartbeatTimeout: HEARTBEAT_MS,
    });
  }

  /** `cancelRun`: best effort, at most 5 attempts within 5 minutes. */
  cancellation(): Pick<ParseActivities, 'cancelRun'> {
    return this.#proxy({
      summary: 'cancel at Extend',
      startToCloseTimeout: CANCELLATION_ATTEMPT_MS,
      scheduleToCloseTimeout: CANCELLATION_MS,
      retry: { ...RETRY, maximumAttempts: CANCELLATION_ATTEMPTS },
    });
  }

  /** `deleteRun`: best effort within 30 seconds. */
  deletion(): Pick<ParseActivities, 'deleteRun'> {
    return this.#proxy({
      summary: 'delete at Extend',
      startToCloseTimeout: DELETION_MS,
      scheduleToCloseTimeout: CLEAN_UP_MS,
    });
  }

  #proxy(options: ActivityOptions): ParseActivities {
    return proxyActivities<ParseActivities>({
      retry: RETRY,
      // A request that only reads can be abandoned: the workflow ends at once, and the next heartbeat aborts the request.
      cancellationType: ActivityCancellationType.TRY_CANCEL,
      ...defined({ taskQueue: this.taskQueue }),
      ...options,
    });
  }
}
