import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { isEndedStatus, nextDelayMs, redact, type FailureDetails } from '../api';
import type { ExtendClient } from '../http';
import { toApplicationFailure } from './to-application-failure';
import type { GetStatusInput, ParseActivities } from './types';

/**
 * Builds the activity that reads a run's state.
 *
 * Without `until` it reads once and returns whatever the state is: waiting is the workflow's business. With `until` it is
 * the whole wait: each attempt reads once, and Temporal's retries are the schedule. No slot is held in between either way.
 *
 * A run that the API reports as failed is returned, not thrown: the read succeeded.
 *
 * @returns An activity that fails with one of these types:
 *  - `StillProcessing` (BENIGN): not ended yet, or too early to ask; retried after the schedule's delay.
 *  - `RateLimited`, `Unavailable`, `Unauthorized`, `EndpointNotFound`: retried; the last two slowly.
 *  - `ParserRunNotFound`: retried for 60 s after the run was accepted, then final.
 *  - `OutOfCredits`, `RequestRejected`, `ApiVersionRemoved`: final.
 */
export function createGetStatus(extend: ExtendClient): ParseActivities['getStatus'] {
  return async function getStatus({ runId, acceptedAtMs, delayMs, until }) {
    const { attempt, currentAttemptScheduledTimestampMs } = activityInfo();
    if (delayMs !== undefined && attempt === 1) {
      throw stillProcessing(`the first read of ${runId} is due later`, { runId, attempts: attempt }, delayMs);
    }
    const polls = delayMs === undefined ? attempt : attempt - 1;
    // By the schedule also after an error: Temporal's own back-off grows with the attempts, and those are all reads.
    const retryDelayMs = until && delayUntilNextRead(until, currentAttemptScheduledTimestampMs, polls);
    const state = await extend.readRunState(runId, { signal: cancellationSignal() }).catch((error: unknown) => {
      throw toApplicationFailure(error, {
        purpose: 'read',
        runId,
        ...(acceptedAtMs !== undefined && { acceptedAtMs }),
        ...(retryDelayMs !== undefined && { retryDelayMs }),
      });
    });
    if (retryDelayMs !== undefined && !isEndedStatus(state.status)) {
      const message = `${runId} is ${redact(state.status)} after ${polls} polls`;
      throw stillProcessing(message, { runId, attempts: attempt }, retryDelayMs);
    }
    const { status, failureReason } = state;
    return { status, ...(failureReason !== undefined && { failureReason }), polls };
  };
}

function delayUntilNextRead(until: NonNullable<GetStatusInput['until']>, nowMs: number, reads: number): number {
  return nextDelayMs(until, { elapsedMs: nowMs - until.sinceMs, reads, random: Math.random() });
}

function stillProcessing(message: string, details: FailureDetails, nextRetryDelay: number): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'StillProcessing',
    message,
    details: [details],
    nextRetryDelay,
    category: ApplicationFailureCategory.BENIGN,
  });
}
