import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { classifyApiError, FAILURES, type AnyFailureType, type FailureDetails, type RequestPurpose } from '../contract';
import { ParseApiError, type ApiVersion } from '../contract/extend';
import { defined } from '../json';
import { toPlainText } from '../privacy';

/** Time after an accepted submit in which a 404 counts as temporary, in milliseconds. */
export const NOT_FOUND_GRACE_MS = 60_000;
/**
 * First delay of a request that fails until an operator acts, while a paid run exists, in milliseconds. Each next delay
 * is twice as long.
 */
const OPERATOR_FIRST_DELAY_MS = 30_000;
const OPERATOR_MAX_DELAY_MS = 300_000;
/** Shortest delay before the next attempt, also if the server asks for no wait, in milliseconds. */
const MIN_RETRY_DELAY_MS = 1_000;
/** Number of doublings after which the delay has certainly reached its maximum. */
const MAX_DOUBLINGS = 10;

/** Facts about the failed request. */
export interface FailureContext {
  readonly purpose: RequestPurpose;
  readonly runId?: string;
  /** Version of the API of a submit. */
  readonly submittedIn?: ApiVersion;
  /** Polls of the activity so far, if it polls. */
  readonly polls?: number;
  /** Time when Extend accepted the run, epoch milliseconds. See {@link NOT_FOUND_GRACE_MS}. */
  readonly acceptedAtMs?: number;
  /**
   * Wait before the next attempt if the API asks for none, in milliseconds.
   * @default the wait of Temporal's retry policy
   */
  readonly retryDelayMs?: number;
}

/** Details of an activity's failure: those that callers see later, and the wait that the API asked for. */
export interface ActivityFailureDetails extends FailureDetails {
  readonly retryAfterMs?: number;
}

/**
 * Turns an error of `http/` into an `ApplicationFailure`. Only this function does so. `classifyApiError` gives the
 * type. Type and purpose decide if the failure is retried. The failure has the run id and the attempt. Any other error,
 * including a cancellation, is returned unchanged.
 */
export function toApplicationFailure(error: unknown, context: FailureContext): unknown {
  if (!(error instanceof ParseApiError)) return error;
  const type = classifyApiError(error, context.purpose);
  const { attempt } = activityInfo();
  const retry = retryOf(type, context, error.retryAfterMs, attempt);
  const details: ActivityFailureDetails = {
    ...defined({
      runId: context.runId,
      apiVersion: context.submittedIn,
      requestId: error.requestId,
      status: error.status,
      code: error.code,
      retryAfterMs: error.retryAfterMs,
      polls: context.polls,
    }),
    attempts: attempt,
  };
  return ApplicationFailure.create({
    type,
    message: withCoordinates(error.message, details),
    nonRetryable: !retry.again,
    details: [details],
    ...defined({ nextRetryDelay: retry.delayMs }),
  });
}

/** Makes a final failure whose cause is not an unusable answer of Extend. */
export function finalFailure(type: AnyFailureType, message: string, details: FailureDetails): ApplicationFailure {
  return ApplicationFailure.nonRetryable(withCoordinates(message, details), type, details);
}

function retryOf(
  type: AnyFailureType,
  context: FailureContext,
  retryAfterMs: number | undefined,
  attempt: number,
): { readonly again: boolean; readonly delayMs?: number } {
  // The run is paid for, and an operator can correct the key or the base URL in the meantime.
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

/**
 * Tells if a 404 is still temporary. Both times are of the server's clock, because the worker's clock may be wrong, and
 * a test server skips time.
 */
function isWithinGrace(acceptedAtMs: number | undefined): boolean {
  if (acceptedAtMs === undefined) return false;
  return activityInfo().currentAttemptScheduledTimestampMs < acceptedAtMs + NOT_FOUND_GRACE_MS;
}

/** Adds the run, the request and the attempt of a failure to its message, in brackets, as far as they are known. */
export function withCoordinates(message: string, { runId, requestId, attempts }: FailureDetails): string {
  const parts = Object.entries({ runId, requestId, attempt: attempts }).filter(([, value]) => value !== undefined);
  if (parts.length === 0) return message;
  return `${message} [${toPlainText(parts.map(([name, value]) => `${name}=${value}`).join(', '))}]`;
}
