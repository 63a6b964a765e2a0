import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { errorMessage, isFailureType, type FailureDetails, type FailureType } from '../contract';
import { redact } from '../privacy';
import type { Job } from './job';

/** What an activity's failure says, once Temporal's wrappers are off. */
export interface ActivityEnd {
  /** The type that the activity gave, if it gave one. */
  readonly type?: string;
  readonly message: string;
  readonly details: FailureDetails & { readonly retryAfterMs?: number };
  /** Whether the activity itself said that repeating it is of no use. */
  readonly isFinal: boolean;
  /** Whether its time was over. The SDK keeps nothing then of what the attempts before failed with. */
  readonly timedOut: boolean;
  /** Whether no worker had begun with it when its time was over. */
  readonly neverStarted: boolean;
}

/** Takes Temporal's wrappers off a failed activity. Cancellation is not its business: look for that first. */
export function toActivityEnd(error: unknown): ActivityEnd {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const isFinal = error instanceof ActivityFailure && error.retryState === 'NON_RETRYABLE_FAILURE';
  const known = { details: {}, isFinal, timedOut: false, neverStarted: false };
  if (cause instanceof ApplicationFailure) {
    const details = (cause.details?.[0] ?? {}) as ActivityEnd['details'];
    return { ...known, ...(cause.type && { type: cause.type }), message: cause.message, details };
  }
  if (cause instanceof TimeoutFailure) {
    const { timeoutType } = cause;
    const message = `no answer within the time limit (${timeoutType})`;
    return { ...known, message, timedOut: true, neverStarted: timeoutType === 'SCHEDULE_TO_START' };
  }
  return { ...known, message: errorMessage(cause) };
}

/** Builds the failure that ends the workflow: final, with everything that the job knows. */
export function jobFailure(
  job: Job,
  type: FailureType,
  message: string,
  details: FailureDetails = {},
): ApplicationFailure {
  const { runId, submits, polls, startedAtMs } = job.state;
  const { retryAfterMs: _, ...told } = details as ActivityEnd['details'];
  const known: FailureDetails = {
    ...told,
    ...(runId !== undefined && { runId }),
    submits,
    polls,
    elapsedMs: Date.now() - startedAtMs,
  };
  const named = runId === undefined || message.includes(runId) ? message : `${message} [runId=${runId}]`;
  return ApplicationFailure.nonRetryable(named, type, known);
}

/** The failure of a run that Extend ended as FAILED or CANCELLED. */
export function runFailed(job: Job): ApplicationFailure {
  const { runId, status = 'FAILED', failureReason } = job.state;
  const reason = redact(failureReason ?? 'no reason given');
  return jobFailure(job, 'ParserRunFailed', `Extend ended ${runId} as ${status}: ${reason}`, {
    status,
    ...(failureReason !== undefined && { failureReason: redact(failureReason) }),
  });
}

/** The failure of a deadline that passed. It tells of the last thing that went wrong, if anything did. */
export function deadlineExceeded(job: Job, facts: { readonly runMayExist?: boolean } = {}): ApplicationFailure {
  const { runId, status, lastFailure, lastDetails } = job.state;
  const state = runId === undefined ? 'before a run was accepted' : `while ${runId} was ${status ?? 'not read yet'}`;
  const last = lastFailure === undefined ? '' : `; last failure: ${lastFailure}`;
  return jobFailure(job, 'ParseDeadlineExceeded', `the deadline passed ${state}${last}`, {
    ...lastDetails,
    ...(status !== undefined && { status }),
    ...(facts.runMayExist && { runMayExist: true }),
  });
}

/**
 * What ends the workflow: an activity's final failure under its own type if that is one of ours. Cancellation and the
 * failures that are complete already pass through.
 */
export function toFinalFailure(job: Job, error: unknown): unknown {
  if (isCancellation(error) || !(error instanceof ActivityFailure)) return error;
  const { type, message, details, isFinal } = toActivityEnd(error);
  if (type === 'PayloadsTooLarge') return jobFailure(job, 'ResultTooLarge', message, details);
  if (isFinal && isFailureType(type)) return jobFailure(job, type, message, details);
  job.noteFailure(message, details);
  return deadlineExceeded(job);
}
