import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { isFailureType, type FailureDetails, type FailureType } from '../contract';
import { defined, errorMessage } from '../json';
import { redact } from '../privacy';
import type { Journal } from './journal';
import type { FailedRun } from './parse-state';

/** Longest message of a failure. Temporal fails each workflow task that ends with a very long message. */
const MAX_MESSAGE_LENGTH = 8_000;

/** The content of an activity's failure, without Temporal's wrappers. */
export interface UnwrappedFailure {
  /** The type that the activity gave, if it gave one. */
  readonly type?: string;
  readonly message: string;
  readonly details: FailureDetails & { readonly retryAfterMs?: number };
  /** True if the activity itself said that a retry is of no use. */
  readonly isFinal: boolean;
  /** True if the time limit passed. The SDK then drops the failures of the earlier attempts. */
  readonly timedOut: boolean;
  /** True if the time limit passed before a worker started the activity. */
  readonly neverStarted: boolean;
}

/** Takes Temporal's wrappers off the failure of an activity. The caller handles cancellation before it calls this. */
export function unwrapActivityFailure(error: unknown): UnwrappedFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const isFinal = error instanceof ActivityFailure && error.retryState === 'NON_RETRYABLE_FAILURE';
  const known = { details: {}, isFinal, timedOut: false, neverStarted: false };
  if (cause instanceof ApplicationFailure) {
    const details = (cause.details?.[0] ?? {}) as UnwrappedFailure['details'];
    return { ...known, ...(cause.type && { type: cause.type }), message: cut(cause.message), details };
  }
  if (cause instanceof TimeoutFailure) {
    const { timeoutType } = cause;
    const message = `no answer within the time limit (${timeoutType})`;
    return { ...known, message, timedOut: true, neverStarted: timeoutType === 'SCHEDULE_TO_START' };
  }
  return { ...known, message: cut(errorMessage(cause)) };
}

function cut(message: string): string {
  return message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message;
}

/**
 * Builds a final failure with a message of a limited length. In place of a stack trace it has its type and its message:
 * Temporal's UI shows the trace before the type, and the frames say nothing about the document.
 */
export function finalFailure(type: FailureType, message: string, details: FailureDetails = {}): ApplicationFailure {
  const failure = ApplicationFailure.nonRetryable(cut(message), type, details);
  failure.stack = `${type}: ${failure.message}`;
  return failure;
}

/** Builds a failure that ends the workflow: final, with everything that the journal knows. */
export function endingFailure(
  { failureDetails }: Journal,
  type: FailureType,
  message: string,
  details: FailureDetails = {},
): ApplicationFailure {
  const { runId } = failureDetails;
  const { retryAfterMs: _, ...given } = details as UnwrappedFailure['details'];
  const named = runId === undefined || message.includes(runId) ? message : `${message} [runId=${runId}]`;
  return finalFailure(type, named, { ...given, ...failureDetails });
}

/** Builds the failure of a run that Extend ended as FAILED or CANCELLED. */
export function runFailed(journal: Journal, run: FailedRun): ApplicationFailure {
  const { runId, status, failureReason, failureMessage } = run;
  const given = defined({ failureReason, failureMessage });
  const texts = Object.fromEntries(Object.entries(given).map(([name, text]) => [name, redact(text)]));
  const reason = [...new Set(Object.values(texts))].join(': ') || 'no reason given';
  const message = `Extend ended ${runId} as ${status}: ${reason}`;
  return endingFailure(journal, 'ParserRunFailed', message, { status, ...texts });
}

/** Builds the failure of a deadline that passed. It names the last failure of a step, if there was one. */
export function deadlineExceeded(journal: Journal, facts: { readonly runMayExist?: boolean } = {}): ApplicationFailure {
  const { run, lastFailure, lastDetails } = journal.state;
  const state =
    run === undefined ? 'before a run was accepted' : `while ${run.runId} was ${run.status ?? 'not polled yet'}`;
  const last = lastFailure === undefined ? '' : `; last failure: ${lastFailure}`;
  return endingFailure(journal, 'ParseDeadlineExceeded', `the deadline passed ${state}${last}`, {
    ...lastDetails,
    ...defined({ status: run?.status }),
    ...(facts.runMayExist && { runMayExist: true }),
  });
}

/**
 * Turns an error into the failure that ends the workflow. The final failure of an activity keeps its type if the type is
 * one of `FAILURES`. Cancellation and complete failures pass through.
 */
export function toFinalFailure(journal: Journal, error: unknown): unknown {
  if (isCancellation(error)) return error;
  if (!(error instanceof ActivityFailure)) return withOtherRuns(journal, error);
  const { type, message, details, isFinal } = unwrapActivityFailure(error);
  if (type === 'PayloadsTooLarge') return endingFailure(journal, 'ResultTooLarge', message, details);
  if (isFinal && isFailureType(type)) return endingFailure(journal, type, message, details);
  journal.noteFailure(message, details);
  return deadlineExceeded(journal);
}

/** Adds the other runs of the document, which were found after the failure was built. */
function withOtherRuns({ state: { otherRuns } }: Journal, error: unknown): unknown {
  if (otherRuns === undefined || !(error instanceof ApplicationFailure) || !isFailureType(error.type)) return error;
  const [details] = (error.details ?? []) as [FailureDetails?];
  return finalFailure(error.type, error.message, { ...details, otherRuns });
}
