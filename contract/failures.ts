import type { ApiVersion } from './extend/parse-api';

/** Meaning and remedy of one failure type. The page `docs/failures.md` shows this table. */
export interface FailureRow {
  /** `final` ends the workflow. Operators see a `retried` failure as the last failure of a pending activity. */
  readonly ends: 'final' | 'retried';
  /** Cause of the failure. */
  readonly meaning: string;
  /** Actions of the caller or the operator that can help. */
  readonly remedy: string;
}

/** Every `ApplicationFailure` type of this package. Types are wire names, because code of users compares them. */
export const FAILURES = {
  ParserRunFailed: {
    ends: 'final',
    meaning:
      'Extend ended the run as FAILED or CANCELLED; `status` says which. `failureReason` has the cause, and `failureMessage` (version 2026-02-09 only) explains it. CANCELLED means that another program or a person cancelled the run at Extend.',
    remedy:
      'FAILED: look at `failureReason`, fix the document or the configuration, then start again. CANCELLED: start again if you still want the result.',
  },
  ParseDeadlineExceeded: {
    ends: 'final',
    meaning:
      'The deadline passed before the result was there. With `runMayExist`, a submit was left without an answer.',
    remedy:
      'Start again under the same key, or attach to `runId`, with a new deadline: the run may still finish, and it is paid for. With `runMayExist` there is no `runId`: see `SubmitOutcomeUnknown`.',
  },
  SubmitOutcomeUnknown: {
    ends: 'final',
    meaning:
      'A submit was sent and no readable answer came: the run may exist and be billed. It was not submitted again.',
    remedy:
      "Check Extend's dashboard. If no run is there, start again with another key (in a batch: another id), because the same key gives this failure again. `onAmbiguousSubmit: 'resubmit'` avoids the failure, at the price of a possible second charge.",
  },
  InvalidInput: {
    ends: 'final',
    meaning:
      "The input of the workflow breaks a rule; the message names the field, the rule and the value. Or the worker submits in a version of Extend's API that cannot carry a field; the message names the field and the version.",
    remedy:
      "Fix the input, or set the workers' EXTEND_API_VERSION to the version that the message names. Nothing was submitted.",
  },
  Unauthorized: {
    ends: 'final',
    meaning: 'Extend answered 401 or 403 to the submit.',
    remedy:
      "Check the worker's EXTEND_API_KEY and EXTEND_WORKSPACE_ID. While a workflow waits for a run, a refused key is retried instead.",
  },
  OutOfCredits: {
    ends: 'final',
    meaning: 'The account has no credits left, or its usage is blocked.',
    remedy: 'Add credits at Extend, then start again. You can attach to a run that exists already.',
  },
  RequestRejected: {
    ends: 'final',
    meaning: 'Extend refused the request as it is, with a 3xx or 4xx answer that no other row names.',
    remedy:
      'Check `status`, `code` and the message. In most cases `config` or the file URL is not what the API requires.',
  },
  FileNotFound: {
    ends: 'final',
    meaning: 'Extend does not know the `fileId`.',
    remedy: 'Upload the file again and use the new id; check the workspace.',
  },
  EndpointNotFound: {
    ends: 'final',
    meaning:
      "The server at the base URL does not serve Extend's API in the version of the request: it answered 404, and not with an error of the API. The message names the base URL and the version.",
    remedy:
      "Correct the worker's EXTEND_BASE_URL (no path such as `/v1`) or its EXTEND_API_VERSION, then start again. While a workflow waits for a run, the request is retried slowly instead.",
  },
  ApiVersionRemoved: {
    ends: 'final',
    meaning:
      'Extend no longer serves the version of its API that the request names (code `ENDPOINT_REMOVED`). The message names the version.',
    remedy:
      "Set the workers' EXTEND_API_VERSION to a version that Extend serves, or upgrade this package, then start again. With a `runId`, attach to it with the other `apiVersion`: Extend may still give the run in that version.",
  },
  ParserRunNotFound: {
    ends: 'final',
    meaning:
      'Extend does not know the run: 404 for longer than 60 s after the submit, or for an attached run. In a bulk batch: its batch has ended, and the run is not listed for `reconcileMs`.',
    remedy: 'Check the run id and the workspace. The run may be deleted, or older than its retention.',
  },
  SourceUnavailable: {
    ends: 'final',
    meaning: 'The worker cannot open the `source` of the document.',
    remedy: 'Check that the file exists in the directory of sources that the worker is configured with.',
  },
  UploadRejected: {
    ends: 'final',
    meaning: 'Extend refused the uploaded file.',
    remedy: 'Check `code`: the type may not be supported, or the file is empty, broken or too large.',
  },
  ResultTooLarge: {
    ends: 'final',
    meaning: 'The result is larger than a workflow may return inline. The run is kept at Extend.',
    remedy:
      "Attach to `runId` with `result: 'stored'`, or raise the worker's `maxInlineBytes` (Temporal's own limit is 2 MiB).",
  },
  ResultStoreFailed: {
    ends: 'final',
    meaning: "The worker's result store refused the result. The run is kept at Extend.",
    remedy: 'Fix the store, then attach to `runId`.',
  },
  ContractViolation: {
    ends: 'final',
    meaning:
      'An answer of Extend breaks the contract of its API; the message names the field or fact. One of these happened: a finished run had no usable output for two minutes; the id of an accepted run cannot be used in a request or repeats a secret (then with `runMayExist`); three uploads were answered without a file id; or the file id of an upload repeats the API key.',
    remedy:
      "Report it with the request id. With a `runId`, attach to it to try again. With `runMayExist`, check Extend's dashboard before you start again.",
  },
  RateLimited: {
    ends: 'retried',
    meaning:
      'Extend answered 429, or with code `RATE_LIMIT_EXCEEDED`: nothing was done. The same request follows after `Retry-After`, or after a backoff.',
    remedy: "Limit the workers' requests per second if this is frequent.",
  },
  Unavailable: {
    ends: 'retried',
    meaning: 'A request that can safely be repeated got no usable answer.',
    remedy: 'Nothing: Temporal repeats the request until the deadline.',
  },
  StillProcessing: {
    ends: 'retried',
    meaning: "The run is not finished. The `retry` engine waits by Temporal's retries; this is not an error.",
    remedy: 'Nothing.',
  },
  RunNotListed: {
    ends: 'retried',
    meaning:
      'The answer of a submit was lost, and no run of it is in the list of runs yet. The workflow looks again until `reconcileMs` is over.',
    remedy: 'Nothing.',
  },
} as const satisfies Readonly<Record<string, FailureRow>>;

/** Any failure type of this package. */
export type AnyFailureType = keyof typeof FAILURES;

/** Failure types that only operators see, as the last failure of a pending activity. */
export type RetriedFailureType = 'RateLimited' | 'Unavailable' | 'StillProcessing' | 'RunNotListed';

/** Failure types that can end a workflow, and that callers see. */
export type FailureType = Exclude<AnyFailureType, RetriedFailureType>;

/** Tells if a word is a failure type that can end a workflow. */
export function isFailureType(type: string | null | undefined): type is FailureType {
  return typeof type === 'string' && Object.hasOwn(FAILURES, type) && FAILURES[type as AnyFailureType].ends === 'final';
}

/** Tells if a submit that failed with this type certainly created no run: Extend rejected or refused it, or nothing was sent. */
export function isRefusedSubmit(type: string | undefined): boolean {
  if (type === 'RateLimited' || type === 'Unavailable') return true;
  return isFailureType(type) && type !== 'SubmitOutcomeUnknown';
}

/** Details of a failure: the only entry of the `ApplicationFailure`'s `details`. */
export interface FailureDetails {
  /** Extend's run id, if it is known. */
  readonly runId?: string;
  /** Version of Extend's API in which the document was submitted. Present after a submit that failed. */
  readonly apiVersion?: ApiVersion;
  /** Extend's request id, if the answer that caused the failure has one. */
  readonly requestId?: string;
  /** HTTP status of the answer that caused the failure, or the last status of the run. */
  readonly status?: number | string;
  /** Extend's reason for a failed run. */
  readonly failureReason?: string;
  /** Extend's explanation of that reason for people. Version 2026-02-09 only. */
  readonly failureMessage?: string;
  /** Error code of Extend, or of the operating system (`ENOSPC`). */
  readonly code?: string;
  /** Submits that may have created a run. */
  readonly submits?: number;
  /** Polls so far. */
  readonly polls?: number;
  /** Attempts of the activity that failed. */
  readonly attempts?: number;
  /** Time since the workflow started, in milliseconds. */
  readonly elapsedMs?: number;
  /** `true` if a run may exist at Extend whose id is not known. */
  readonly runMayExist?: boolean;
  /** Ids of other runs of this document that lost answers have left at Extend. */
  readonly otherRuns?: readonly string[];
}
