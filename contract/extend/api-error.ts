/**
 * Kind of a failed request, as far as the caller can know:
 *
 * - `notReceived`: no connection was made, so Extend certainly did not act on the request.
 * - `noAnswer`: Extend may have received the request, but no complete answer arrived (time limit, reset connection).
 * - `unreadable`: an answer with a success status whose body cannot be understood.
 * - `status`: an answer with any other status.
 */
export type ParseApiErrorKind = 'notReceived' | 'noAnswer' | 'unreadable' | 'status';

/** Facts of a request without a usable answer. All texts are redacted. */
export interface ParseApiErrorFacts {
  readonly kind: ParseApiErrorKind;
  /** HTTP status, if there was an answer. */
  readonly status?: number;
  /** The API's own error code. */
  readonly code?: string;
  /** The API's request id. */
  readonly requestId?: string;
  /** Wait that the API asked for, in milliseconds. It is limited to `MAX_RETRY_AFTER_MS`. */
  readonly retryAfterMs?: number;
  /** `true` if the API says that the same request may be repeated, else absent. */
  readonly retryable?: true;
  /** `true` if the answer has the shape of Extend's errors. Absent if another server may have answered. */
  readonly isExtendError?: true;
  /** `true` if the answer came from the server of a presigned URL. It says nothing about the run. */
  readonly isExternal?: true;
}

/** Error of a request to Extend without a usable answer. `classifyApiError` gives its failure type. */
export class ParseApiError extends Error implements ParseApiErrorFacts {
  override readonly name = 'ParseApiError';
  readonly kind: ParseApiErrorKind;
  readonly status?: number;
  readonly code?: string;
  readonly requestId?: string;
  readonly retryAfterMs?: number;
  readonly retryable?: true;
  readonly isExtendError?: true;
  readonly isExternal?: true;

  constructor(message: string, facts: ParseApiErrorFacts, options?: ErrorOptions) {
    super(message, options);
    this.kind = facts.kind;
    Object.assign(this, facts);
  }
}
