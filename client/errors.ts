import { searchAttributeCommand, type DocumentFailureType, type FailureDetails, type FailureType } from '../contract';

/** Type of a {@link ParseError}: the same types as those of a document's failure in a batch. */
export type ParseErrorType = DocumentFailureType;

/** A parse that ended without a result. One class per failure type extends it. */
export class ParseError extends Error {
  /** The failure type, for code that tells failures apart. */
  readonly type: ParseErrorType;
  /** Id of the workflow that ended with this error. */
  readonly workflowId: string;
  /** The known facts: the run id once there is one, `failureReason`, HTTP status, counters. */
  readonly details: FailureDetails;

  constructor(type: ParseErrorType, message: string, facts: ParseErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = nameOf(type);
    this.type = type;
    this.workflowId = facts.workflowId;
    this.details = facts.details ?? {};
  }

  /** Extend's run id, once there was one. */
  get runId(): string | undefined {
    return this.details.runId;
  }
}

/** The name of the class. It does not depend on the class's own name, which a bundler may change. */
function nameOf(type: string): string {
  return type === 'Cancelled' ? 'ParseCancelledError' : `${type}Error`;
}

/** Facts that a {@link ParseError} has. */
export interface ParseErrorFacts {
  readonly workflowId: string;
  readonly details?: FailureDetails;
  readonly cause?: unknown;
}

/** Extend ended the run as FAILED or CANCELLED. */
export class ParserRunFailedError extends ParseError {
  /** Extend's reason. */
  get failureReason(): string | undefined {
    return this.details.failureReason;
  }
}
/** The deadline passed before the result was there. */
export class ParseDeadlineExceededError extends ParseError {}
/** A submit got no readable answer: the run may exist and be billed. */
export class SubmitOutcomeUnknownError extends ParseError {}
/** The input breaks a rule. */
export class InvalidInputError extends ParseError {}
/** Extend refused the worker's key. */
export class UnauthorizedError extends ParseError {}
/** The account has no credits left. */
export class OutOfCreditsError extends ParseError {}
/** Extend refused the request as it is. */
export class RequestRejectedError extends ParseError {}
/** Extend does not know the `fileId`. */
export class FileNotFoundError extends ParseError {}
/** The base URL is not that of Extend's API. */
export class EndpointNotFoundError extends ParseError {}
/** Extend no longer serves the version of its API that this package uses. */
export class ApiVersionRemovedError extends ParseError {}
/** Extend does not know the run. */
export class ParserRunNotFoundError extends ParseError {}
/** The worker cannot open the source. */
export class SourceUnavailableError extends ParseError {}
/** Extend refused the uploaded file. */
export class UploadRejectedError extends ParseError {}
/** The result is too large to be returned inline. */
export class ResultTooLargeError extends ParseError {}
/** The result store refused the result. */
export class ResultStoreFailedError extends ParseError {}
/** An answer of Extend breaks the contract of its API. */
export class ContractViolationError extends ParseError {}
/** The workflow was cancelled. The workflow's progress has the run id. */
export class ParseCancelledError extends ParseError {}

const CLASSES: Readonly<Record<FailureType | 'Cancelled', typeof ParseError>> = {
  ParserRunFailed: ParserRunFailedError,
  ParseDeadlineExceeded: ParseDeadlineExceededError,
  SubmitOutcomeUnknown: SubmitOutcomeUnknownError,
  InvalidInput: InvalidInputError,
  Unauthorized: UnauthorizedError,
  OutOfCredits: OutOfCreditsError,
  RequestRejected: RequestRejectedError,
  FileNotFound: FileNotFoundError,
  EndpointNotFound: EndpointNotFoundError,
  ApiVersionRemoved: ApiVersionRemovedError,
  ParserRunNotFound: ParserRunNotFoundError,
  SourceUnavailable: SourceUnavailableError,
  UploadRejected: UploadRejectedError,
  ResultTooLarge: ResultTooLargeError,
  ResultStoreFailed: ResultStoreFailedError,
  ContractViolation: ContractViolationError,
  Cancelled: ParseCancelledError,
};

/** Builds the error of the class that belongs to the type. */
export function createParseError(type: ParseErrorType, message: string, facts: ParseErrorFacts): ParseError {
  const Class = type === 'Terminated' || type === 'TimedOut' || type === 'Unexpected' ? ParseError : CLASSES[type];
  return new Class(type, message, facts);
}

/**
 * Tells whether an error is a {@link ParseError}, of the given type if one is given. Unlike `instanceof`, it also
 * accepts errors of a second copy of this package.
 */
export function isParseError(error: unknown, type?: ParseErrorType): error is ParseError {
  if (!(error instanceof Error) || !('type' in error) || !('workflowId' in error)) return false;
  return error.name === nameOf(String(error.type)) && (type === undefined || error.type === type);
}

/** The search attributes of this package are not registered in the namespace. Nothing was started. */
export class SearchAttributesNotRegisteredError extends Error {
  override readonly name = 'SearchAttributesNotRegisteredError';

  constructor(namespace: string, reason: string, options?: ErrorOptions) {
    super(
      `the search attributes of 'searchAttributes: true' are not usable in namespace '${namespace}' (${reason}); ` +
        `register them: ${searchAttributeCommand(namespace)}`,
      options,
    );
  }
}

/** An idempotency key that was used before for another document. Nothing was started. */
export class IdempotencyKeyReusedError extends Error {
  override readonly name = 'IdempotencyKeyReusedError';
  /** The workflow that has the key. */
  readonly workflowId: string;

  constructor(workflowId: string) {
    super(`idempotencyKey '${workflowId}' belongs to a workflow that parses another document, or parses it otherwise`);
    this.workflowId = workflowId;
  }
}
