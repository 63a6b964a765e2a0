import type { ParseApiError } from './api-error';
import { isOutOfCreditsCode } from './error-body';
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
      return classifyStatus(error.status ?? 0, error.code, purpose);
  }
}

function classifyStatus(status: number, code: string | undefined, purpose: RequestPurpose): AnyFailureType {
  if (status === 402 || isOutOfCreditsCode(code)) return 'OutOfCredits';
  if (status === 429) return 'RateLimited';
  if (status === 401 || status === 403) return 'Unauthorized';
  if (status === 408 || status >= 500) return purpose === 'submit' ? 'SubmitOutcomeUnknown' : 'Unavailable';
  switch (purpose) {
    case 'submit':
      return status === 404 ? 'FileNotFound' : 'RequestRejected';
    case 'read':
      return status === 404 ? 'ParserRunNotFound' : 'RequestRejected';
    case 'upload':
      return 'UploadRejected';
    case 'delete':
      return 'RequestRejected';
  }
}
