/**
 * How a request ended, as far as the caller can know:
 *
 * - `notReceived`: no connection came about, so the API surely did not act on it.
 * - `noAnswer`: the request may have been received, but no whole answer came (time-out, reset).
 * - `unreadable`: a success status whose body cannot be understood.
 * - `status`: any other status.
 */
export type ParseApiErrorKind = 'notReceived' | 'noAnswer' | 'unreadable' | 'status';

/** The facts of a request that did not give a usable answer. Every text in it is redacted. */
export interface ParseApiErrorFacts {
  readonly kind: ParseApiErrorKind;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** The API's own error code. */
  readonly code?: string;
  /** The API's request id. */
  readonly requestId?: string;
  /** Wait that the API asked for, in milliseconds, already capped. */
  readonly retryAfterMs?: number;
  /** The API says that the same request may be repeated. Absent where it does not say so. */
  readonly retryable?: true;
  /** The error answer has the shape of Extend's errors. Absent where another server may have answered. */
  readonly isExtendError?: true;
}

/** A request to Extend that did not give a usable answer. What follows from it is `classifyApiError`'s business. */
export class ParseApiError extends Error implements ParseApiErrorFacts {
  override readonly name = 'ParseApiError';
  readonly kind: ParseApiErrorKind;
  readonly status?: number;
  readonly code?: string;
  readonly requestId?: string;
  readonly retryAfterMs?: number;
  readonly retryable?: true;
  readonly isExtendError?: true;

  constructor(message: string, facts: ParseApiErrorFacts, options?: ErrorOptions) {
    super(message, options);
    this.kind = facts.kind;
    if (facts.status !== undefined) this.status = facts.status;
    if (facts.code !== undefined) this.code = facts.code;
    if (facts.requestId !== undefined) this.requestId = facts.requestId;
    if (facts.retryAfterMs !== undefined) this.retryAfterMs = facts.retryAfterMs;
    if (facts.retryable !== undefined) this.retryable = facts.retryable;
    if (facts.isExtendError !== undefined) this.isExtendError = facts.isExtendError;
  }
}
