import { activityInfo, cancellationSignal, heartbeat, type Info } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { nextDelayMs, type FailureDetails } from '../contract';
import { isEndedStatus } from '../contract/extend';
import { redact } from '../privacy';
import type { ExtendClient } from '../http';
import { toApplicationFailure } from './to-application-failure';
import type { GetStatusInput, ParseActivities } from './types';

/** Heartbeat details: the first attempt polled, although Temporal scheduled it before the first poll was due. */
interface EarlierAttempts {
  readonly firstHasPolled: boolean;
}

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
  return async function getStatus(input) {
    const { runId, acceptedAtMs, until } = input;
    const info = activityInfo();
    const { attempt, currentAttemptScheduledTimestampMs } = info;
    const dueInMs = untilFirstPollMs(input, info, Date.now());
    if (dueInMs > 0) {
      const details = { runId, polls: 0, attempts: attempt };
      throw stillProcessing(`the first poll of ${runId} is due later`, details, dueInMs);
    }
    const polls = countPolls(input, info);
    // By the schedule also after an error: Temporal's own back-off grows with the attempts, and those are all reads.
    const retryDelayMs = until && delayUntilNextRead(until, currentAttemptScheduledTimestampMs, polls);
    const state = await extend.pollRun(runId, { signal: cancellationSignal() }).catch((error: unknown) => {
      throw toApplicationFailure(error, {
        purpose: 'read',
        runId,
        polls,
        ...(acceptedAtMs !== undefined && { acceptedAtMs }),
        ...(retryDelayMs !== undefined && { retryDelayMs }),
      });
    });
    if (retryDelayMs !== undefined && !isEndedStatus(state.status)) {
      const message = `${runId} is ${redact(state.status)} after ${polls} polls`;
      throw stillProcessing(message, { runId, polls, attempts: attempt }, retryDelayMs);
    }
    const { status, failureReason } = state;
    return { status, ...(failureReason !== undefined && { failureReason }), polls };
  };
}

/**
 * Time that this attempt has to wait for the first poll, in milliseconds. Only a first attempt comes too early: Temporal
 * retries it when the poll is due. How long it waited for a worker is known by the worker's clock only; the time when
 * Temporal scheduled it bounds that, so that a slow clock of a worker delays the poll no further.
 */
export function untilFirstPollMs(
  { dueAtMs, delayMs = 0 }: Pick<GetStatusInput, 'dueAtMs' | 'delayMs'>,
  { attempt, currentAttemptScheduledTimestampMs }: Pick<Info, 'attempt' | 'currentAttemptScheduledTimestampMs'>,
  nowMs: number,
): number {
  if (attempt > 1) return 0;
  return dueAtMs === undefined ? delayMs : Math.max(dueAtMs - Math.max(nowMs, currentAttemptScheduledTimestampMs), 0);
}

/** Polls of this activity, this attempt's among them: each attempt makes one, but a first one that came too early. */
function countPolls({ dueAtMs, delayMs }: GetStatusInput, info: Info): number {
  const { attempt, scheduledTimestampMs } = info;
  if (dueAtMs === undefined) return delayMs === undefined ? attempt : attempt - 1;
  const { firstHasPolled = false } = (info.heartbeatDetails ?? {}) as Partial<EarlierAttempts>;
  const wasEarly = scheduledTimestampMs < dueAtMs && !firstHasPolled;
  if (!wasEarly) return attempt;
  if (attempt > 1) return attempt - 1;
  heartbeat({ firstHasPolled: true } satisfies EarlierAttempts);
  return attempt;
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
