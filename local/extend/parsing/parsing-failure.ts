import type { FailureReason } from '../parser-task';

/** A document that cannot be parsed, with the API's reason for it. */
export class ParsingFailure extends Error {
  /** Failure reason of the run. */
  readonly reason: FailureReason;

  constructor(reason: FailureReason, cause?: unknown) {
    super(reason, { cause });
    this.name = 'ParsingFailure';
    this.reason = reason;
  }
}
