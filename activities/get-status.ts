import { activityInfo, cancellationSignal, heartbeat, type Info } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { nextDelayMs, type FailureDetails } from '../contract';
import { isEndedStatus, ParseApiError, type ApiVersion } from '../contract/extend';
import { defined } from '../json';
import { redact } from '../privacy';
import type { ExtendApi, PolledRun } from '../http';
import { deliver, type DeliverOptions } from './deliver';
import { maxBodyBytesOf } from './fetch-result';
import { withHeartbeat } from './heartbeat';
import { toApplicationFailure } from './to-application-failure';
import type { GetStatusInput, ParseActivities } from './types';
import { possibleApis } from './version-of';

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
 * If the run has ended as PROCESSED and the workflow wants the result, the same attempt brings it.
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
export function createGetStatus(options: DeliverOptions): ParseActivities['getStatus'] {
  const { extend } = options;
  return async function getStatus(input) {
    const { runId, until } = input;
    const info = activityInfo();
    const { attempt, currentAttemptScheduledTimestampMs } = info;
    const dueInMs = untilFirstPollMs(input, info, Date.now());
    if (dueInMs > 0) {
      const details = { runId, polls: 0, attempts: attempt };
      throw stillProcessing(`the first poll of ${runId} is due later`, details, dueInMs);
    }
    const { polls, details } = countPolls(input, info);
    // The schedule also applies after an error. Temporal's own backoff would grow with each attempt, and each attempt
    // is a poll.
    const retryDelayMs = until && delayUntilNextPoll(until, currentAttemptScheduledTimestampMs, polls);
    const polling = pollInItsVersion(possibleApis(extend, input), input, options.maxInlineBytes);
    const { polled, apiVersion } = await withHeartbeat(polling, details).catch((error: unknown) => {
      throw toApplicationFailure(error, { ...input, purpose: 'read', polls, ...defined({ retryDelayMs }) });
    });
    const { status, failureReason, failureMessage } = polled.state;
    if (retryDelayMs !== undefined && !isEndedStatus(status)) {
      const message = `${runId} is ${redact(status)} after ${polls} polls`;
      throw stillProcessing(message, { runId, polls, attempts: attempt }, retryDelayMs);
    }
    const form = status === 'PROCESSED' ? input.deliver : undefined;
    const delivered = form && (await deliver({ runId, polled, apiVersion, form, details }, options));
    return { status, ...defined({ failureReason, failureMessage, delivered }), apiVersion, polls };
  };
}

/** Largest answer with the URL of the content that is kept, in bytes. It is far above any real size. */
const MAX_NAMING_BYTES = 1_048_576;

/** Polls the run in the first version of the API that knows it. */
async function pollInItsVersion(
  [api, ...others]: readonly [ExtendApi, ...ExtendApi[]],
  input: GetStatusInput,
  maxInlineBytes: number,
): Promise<{ readonly polled: PolledRun; readonly apiVersion: ApiVersion }> {
  try {
    return { polled: await poll(api, input, maxInlineBytes), apiVersion: api.apiVersion };
  } catch (error) {
    const [next, ...further] = others;
    if (next === undefined || !(error instanceof ParseApiError && error.status === 404)) throw error;
    return await pollInItsVersion([next, ...further], input, maxInlineBytes);
  }
}

/** Polls the run. Only an answer that may bring the result is kept. */
async function poll(
  api: ExtendApi,
  { runId, deliver: form, expectsEnd = false }: GetStatusInput,
  maxInlineBytes: number,
): Promise<PolledRun> {
  const signal = cancellationSignal();
  const hasContent = form === 'inline' && expectsEnd;
  const keepBytes = hasContent ? maxBodyBytesOf(maxInlineBytes) : MAX_NAMING_BYTES;
  return api.pollForResult(runId, { signal, expectsEnd: hasContent, keepBytes: form === undefined ? 0 : keepBytes });
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

/** Polls of an activity, and the heartbeat details from which the next attempt counts on. */
interface CountedPolls {
  readonly polls: number;
  readonly details: object;
}

/**
 * Counts the polls of this activity, including this attempt's poll. Each attempt polls once, except a first attempt
 * that was too early.
 */
function countPolls({ dueAtMs, delayMs }: GetStatusInput, info: Info): CountedPolls {
  const { attempt, scheduledTimestampMs } = info;
  if (dueAtMs === undefined) return { polls: delayMs === undefined ? attempt : attempt - 1, details: {} };
  const details = (info.heartbeatDetails ?? {}) as Partial<EarlierPolls>;
  const wasEarly = scheduledTimestampMs < dueAtMs && details.firstHasPolled !== true;
  if (!wasEarly) return { polls: attempt, details };
  if (attempt > 1) return { polls: attempt - 1, details };
  const noted: EarlierPolls = { firstHasPolled: true };
  heartbeat(noted);
  return { polls: attempt, details: noted };
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
