import type { ParseApiError, ParseApiErrorFacts } from './extend';
import { isOutOfCreditsCode } from './extend';
import type { AnyFailureType } from './failures';

/** What the package was doing when a request failed; the same answer means different things. */
export type RequestPurpose = 'submit' | 'read' | 'upload' | 'delete';

/**
 * Which failure an unusable answer is, by what was asked. Whether a type ends the workflow or is retried follows from
 * the type and the purpose: see `toApplicationFailure` in `activities/` and `afterFailedSubmit` in `workflows/`.
 *
 * A submit is special: whatever does not surely mean "not accepted" is `SubmitOutcomeUnknown`, because the API has no
 * idempotency key and repeating the request may bill the document twice.
 */
export function classifyApiError(error: ParseApiError, purpose: RequestPurpose): AnyFailureType {
  switch (error.kind) {
    case 'notReceived':
      return 'Unavailable';
    case 'noAnswer':
    case 'unreadable':
      return purpose === 'submit' ? 'SubmitOutcomeUnknown' : 'Unavailable';
    case 'status':
      return classifyStatus(error, purpose);
  }
}

/** Code of an error that says that too many requests came, whatever the HTTP status. */
const RATE_LIMIT_CODE = 'RATE_LIMIT_EXCEEDED';
/** Code of an error that says that the version of the API is no longer served. */
const ENDPOINT_REMOVED_CODE = 'ENDPOINT_REMOVED';

function classifyStatus(error: ParseApiError, purpose: RequestPurpose): AnyFailureType {
  const { status = 0, code } = error;
  if (status === 402 || isOutOfCreditsCode(code)) return 'OutOfCredits';
  if (status === 429 || code === RATE_LIMIT_CODE) return 'RateLimited';
  if (isVersionRemoved(error)) return 'ApiVersionRemoved';
  // For a 408 or a 5xx "may be repeated" does not say that nothing was done: such a submit stays ambiguous.
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

const NOT_FOUND = {
  submit: 'FileNotFound',
  read: 'ParserRunNotFound',
  upload: 'UploadRejected',
  delete: 'RequestRejected',
} as const satisfies Record<RequestPurpose, AnyFailureType>;

const REJECTED = {
  submit: 'RequestRejected',
  read: 'RequestRejected',
  upload: 'UploadRejected',
  delete: 'RequestRejected',
} as const satisfies Record<RequestPurpose, AnyFailureType>;

/** Says that Extend no longer serves this version of its API. */
export function isVersionRemoved({ kind, status, code }: ParseApiErrorFacts): boolean {
  return kind === 'status' && (status === 410 || status === 404) && code === ENDPOINT_REMOVED_CODE;
}

/**
 * Says that a 404 means that nothing is served at the path, and not that Extend does not know a run or a file: its body is
 * not one of Extend's errors, so the base URL is mostly wrong.
 */
export function isEndpointMissing({ kind, status, isExtendError }: ParseApiErrorFacts): boolean {
  return kind === 'status' && status === 404 && isExtendError !== true;
}
