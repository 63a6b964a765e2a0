import type { ParseApiError, ParseApiErrorFacts } from './extend';
import { isOutOfCreditsCode } from './extend/error-body';
import type { AnyFailureType } from './failures';

/** Purpose of a request. The same answer means different failures for different purposes. */
export type RequestPurpose = 'submit' | 'read' | 'upload' | 'cancel' | 'delete';

/**
 * Gives the failure type of an unusable answer to a request with this purpose. Type and purpose together decide if the
 * failure is retried or ends the workflow: see `toApplicationFailure` in `activities/` and `afterFailedSubmit` in
 * `workflows/`.
 *
 * A submit is special. If it is not certain that Extend refused the submit, the type is `SubmitOutcomeUnknown`, because
 * the API has no idempotency key, and another submit may bill the document twice.
 */
export function classifyApiError(error: ParseApiError, purpose: RequestPurpose): AnyFailureType {
  switch (error.kind) {
    case 'notReceived':
      return 'Unavailable';
    case 'noAnswer':
    case 'unreadable':
      return purpose === 'submit' ? 'SubmitOutcomeUnknown' : 'Unavailable';
    case 'status':
      return error.isExternal ? 'Unavailable' : classifyStatus(error, purpose);
  }
}

/** Error code of a rate limit. It means the same with every HTTP status. */
const RATE_LIMIT_CODE = 'RATE_LIMIT_EXCEEDED';
/** Error code for a version of the API that Extend no longer serves. */
const ENDPOINT_REMOVED_CODE = 'ENDPOINT_REMOVED';

function classifyStatus(error: ParseApiError, purpose: RequestPurpose): AnyFailureType {
  const { status = 0, code } = error;
  if (status === 402 || isOutOfCreditsCode(code)) return 'OutOfCredits';
  if (status === 429 || code === RATE_LIMIT_CODE) return 'RateLimited';
  if (isVersionRemoved(error)) return 'ApiVersionRemoved';
  // With a 408 or a 5xx, `retryable` does not prove that Extend created no run, so the submit stays ambiguous.
  if (status === 408 || status >= 500) return purpose === 'submit' ? 'SubmitOutcomeUnknown' : 'Unavailable';
  if (status >= 400 && error.retryable) return 'Unavailable';
  return classifyRefusal(error, purpose);
}

function classifyRefusal(error: ParseApiError, purpose: RequestPurpose): AnyFailureType {
  const { status } = error;
  if (status === 401 || status === 403) return 'Unauthorized';
  if (isEndpointMissing(error)) return 'EndpointNotFound';
  return status === 404 ? NOT_FOUND[purpose] : REJECTED[purpose];
}

const REJECTED = {
  submit: 'RequestRejected',
  read: 'RequestRejected',
  upload: 'UploadRejected',
  cancel: 'RequestRejected',
  delete: 'RequestRejected',
} as const satisfies Record<RequestPurpose, AnyFailureType>;

const NOT_FOUND = {
  ...REJECTED,
  submit: 'FileNotFound',
  read: 'ParserRunNotFound',
} as const satisfies Record<RequestPurpose, AnyFailureType>;

/** Tells if an error means that Extend no longer serves this version of its API. */
export function isVersionRemoved({ kind, status, code }: ParseApiErrorFacts): boolean {
  return kind === 'status' && (status === 410 || status === 404) && code === ENDPOINT_REMOVED_CODE;
}

/**
 * Tells if a 404 means that the server does not serve the path. If the body is an error of Extend, a run or a file does
 * not exist. If it is not, another server answered, and the base URL is probably wrong.
 */
export function isEndpointMissing({ kind, status, isExtendError }: ParseApiErrorFacts): boolean {
  return kind === 'status' && status === 404 && isExtendError !== true;
}
