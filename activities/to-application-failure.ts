import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { classifyApiError, FAILURES, type AnyFailureType, type FailureDetails, type RequestPurpose } from '../contract';
import { ParseApiError } from '../contract/extend';
import { toPlainText } from '../privacy';

/** How long a 404 after an accepted submit is taken for "not there yet". In milliseconds. */
export const NOT_FOUND_GRACE_MS = 60_000;
/** Delays of a request that fails until an operator acts, while a paid run is waited for. In milliseconds. */
const OPERATOR_FIRST_DELAY_MS = 30_000;
const OPERATOR_MAX_DELAY_MS = 300_000;
/** A server that asks for no wait at all gets one all the same. In milliseconds. */
const MIN_RETRY_DELAY_MS = 1_000;
/** Doublings after which the delay is at its maximum anyway. */
const MAX_DOUBLINGS = 10;

/** What was asked when the request failed. */
export interface FailureContext {
  readonly purpose: RequestPurpose;
  readonly runId?: string;
  /** Polls of the activity so far, where it polls. */
  readonly polls?: number;
  /** When the run was accepted, epoch milliseconds; see {@link NOT_FOUND_GRACE_MS}. */
  readonly acceptedAtMs?: number;
  /** Wait before the next attempt where the API asks for none, in milliseconds. @default by Temporal's retry policy */
  readonly retryDelayMs?: number;
}

/** What an activity's failure carries: what callers see later, and the wait that the API asked for. */
export interface ActivityFailureDetails extends FailureDetails {
  readonly retryAfterMs?: number;
}

/**
 * The only place where an error of `http/` becomes an `ApplicationFailure`: its type by `classifyApiError`, retryable or
 * not by type and purpose, with the run id and the attempt. Anything else, cancellation included, is returned untouched.
 */
export function toApplicationFailure(error: unknown, context: FailureContext): unknown {
  if (!(error instanceof ParseApiError)) return error;
  const type = classifyApiError(error, context.purpose);
  const { attempt } = activityInfo();
  const retry = retryOf(type, context, error.retryAfterMs, attempt);
  const details: ActivityFailureDetails = {
    ...(context.runId !== undefined && { runId: context.runId }),
    ...(error.requestId !== undefined && { requestId: error.requestId }),
    ...(error.status !== undefined && { status: error.status }),
    ...(error.code !== undefined && { code: error.code }),
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    ...(context.polls !== undefined && { polls: context.polls }),
    attempts: attempt,
  };
  return ApplicationFailure.create({
    type,
    message: `${error.message} ${coordinates(details)}`,
    nonRetryable: !retry.again,
    details: [details],
    ...(retry.delayMs !== undefined && { nextRetryDelay: retry.delayMs }),
  });
}

/** A failure of this package that is not an unusable answer: final unless told otherwise. */
export function finalFailure(type: AnyFailureType, message: string, details: FailureDetails): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${message} ${coordinates(details)}`, type, details);
}

function retryOf(
  type: AnyFailureType,
  context: FailureContext,
  retryAfterMs: number | undefined,
  attempt: number,
): { readonly again: boolean; readonly delayMs?: number } {
  // The run is paid for, and an operator can correct the key or the address meanwhile.
  if (context.purpose === 'read' && (type === 'Unauthorized' || type === 'EndpointNotFound')) {
    const delayMs = OPERATOR_FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, MAX_DOUBLINGS);
    return { again: true, delayMs: Math.min(delayMs, OPERATOR_MAX_DELAY_MS) };
  }
  if (FAILURES[type].ends === 'final') {
    if (type !== 'ParserRunNotFound' || !isWithinGrace(context.acceptedAtMs)) return { again: false };
  }
  const delayMs = retryAfterMs ?? context.retryDelayMs;
  return delayMs === undefined ? { again: true } : { again: true, delayMs: Math.max(delayMs, MIN_RETRY_DELAY_MS) };
}

/** By the server's clock on both sides: the worker's own may be off, and a test server skips time. */
function isWithinGrace(acceptedAtMs: number | undefined): boolean {
  if (acceptedAtMs === undefined) return false;
  return activityInfo().currentAttemptScheduledTimestampMs < acceptedAtMs + NOT_FOUND_GRACE_MS;
}

/** Names the run, the request and the attempt of a failure, in brackets; empty if none is known. */
export function coordinates({ runId, requestId, attempts }: FailureDetails): string {
  const parts = Object.entries({ runId, requestId, attempt: attempts }).filter(([, value]) => value !== undefined);
  return parts.length === 0 ? '' : `[${toPlainText(parts.map(([name, value]) => `${name}=${value}`).join(', '))}]`;
}
