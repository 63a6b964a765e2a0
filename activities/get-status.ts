import { activityInfo, cancellationSignal, heartbeat, type Info } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { nextDelayMs, type FailureDetails } from '../contract';
import { isEndedStatus } from '../contract/extend';
import { defined } from '../json';
import { redact } from '../privacy';
import type { ExtendClient } from '../http';
import { toApplicationFailure } from './to-application-failure';
import type { GetStatusInput, ParseActivities } from './types';
import { apiOf } from './version-of';

/** Heartbeat details of a first attempt that polled although Temporal scheduled it before the first poll was due. */
interface EarlierPolls {
  readonly firstHasPolled: boolean;
}

/**
 * Builds the activity that polls a run.
 *
 * Without `until` it polls once and returns the state, and the workflow waits. With `until` the activity is the whole
 * wait: each attempt polls once, and Temporal's retries follow the schedule. In both cases the activity occupies no
 * slot of the worker between two polls.
 *
 * If Extend reports that the run failed, the activity returns that state and does not throw, because the poll
 * succeeded.
 *
 * @returns an activity that fails with one of these types:
 *  - `StillProcessing` (BENIGN): the run has not ended, or the first poll is not due; retried after the schedule's delay.
 *  - `RateLimited`, `Unavailable`, `Unauthorized`, `EndpointNotFound`: retried; the last two with longer delays.
 *  - `ParserRunNotFound`: retried for 60 s after the run was accepted, then final.
 *  - `OutOfCredits`, `RequestRejected`, `ApiVersionRemoved`: final.
 */
export function createGetStatus(extend: ExtendClient): ParseActivities['getStatus'] {
  return async function getStatus(input) {
    const { runId, acceptedAtMs, until } = input;
    const api = apiOf(extend, input);
    const info = activityInfo();
    const { attempt, currentAttemptScheduledTimestampMs } = info;
    const dueInMs = untilFirstPollMs(input, info, Date.now());
    if (dueInMs > 0) {
      const details = { runId, polls: 0, attempts: attempt };
      throw stillProcessing(`the first poll of ${runId} is due later`, details, dueInMs);
    }
    const polls = countPolls(input, info);
    // The schedule also applies after an error. Temporal's own backoff would grow with each attempt, and each attempt
    // is a poll.
    const retryDelayMs = until && delayUntilNextPoll(until, currentAttemptScheduledTimestampMs, polls);
    const state = await api.pollRun(runId, { signal: cancellationSignal() }).catch((error: unknown) => {
      throw toApplicationFailure(error, {
        purpose: 'read',
        runId,
        polls,
        ...defined({ acceptedAtMs, retryDelayMs }),
      });
    });
    if (retryDelayMs !== undefined && !isEndedStatus(state.status)) {
      const message = `${runId} is ${redact(state.status)} after ${polls} polls`;
      throw stillProcessing(message, { runId, polls, attempts: attempt }, retryDelayMs);
    }
    const { status, failureReason, failureMessage } = state;
    return { status, ...defined({ failureReason, failureMessage }), apiVersion: api.apiVersion, polls };
  };
}

/**
 * Gives the time until the first poll is due, in milliseconds. Only a first attempt can be too early; Temporal retries
 * it when the poll is due. The attempt may have waited for a worker, and only the worker's clock shows how long. If
 * that clock is slow, the time at which Temporal scheduled the attempt is used, so that the clock cannot delay the poll
 * further.
 */
export function untilFirstPollMs(
  { dueAtMs, delayMs = 0 }: Pick<GetStatusInput, 'dueAtMs' | 'delayMs'>,
  { attempt, currentAttemptScheduledTimestampMs }: Pick<Info, 'attempt' | 'currentAttemptScheduledTimestampMs'>,
  nowMs: number,
): number {
  if (attempt > 1) return 0;
  return dueAtMs === undefined ? delayMs : Math.max(dueAtMs - Math.max(nowMs, currentAttemptScheduledTimestampMs), 0);
}

/**
 * Counts the polls of this activity, including this attempt's poll. Each attempt polls once, except a first attempt
 * that was too early.
 */
function countPolls({ dueAtMs, delayMs }: GetStatusInput, info: Info): number {
  const { attempt, scheduledTimestampMs } = info;
  if (dueAtMs === undefined) return delayMs === undefined ? attempt : attempt - 1;
  const { firstHasPolled = false } = (info.heartbeatDetails ?? {}) as Partial<EarlierPolls>;
  const wasEarly = scheduledTimestampMs < dueAtMs && !firstHasPolled;
  if (!wasEarly) return attempt;
  if (attempt > 1) return attempt - 1;
  heartbeat({ firstHasPolled: true } satisfies EarlierPolls);
  return attempt;
}

function delayUntilNextPoll(until: NonNullable<GetStatusInput['until']>, nowMs: number, polls: number): number {
  return nextDelayMs(until, { elapsedMs: nowMs - until.sinceMs, polls, random: Math.random() });
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
