import type { ApiVersion, ParseConfig, RunMetadata } from './extend';
import type { PollingOptions } from './poll-schedule';

/** A document that Extend downloads. */
export interface UrlFile {
  /**
   * Absolute `http:` or `https:` URL. The workflow's history contains it, so use `source` for a secret or short-lived
   * URL.
   */
  readonly fileUrl: string;
  /** Name to show for the file. @default the name that Extend takes from the URL */
  readonly fileName?: string;
}

/** A document that was uploaded to Extend before. */
export interface IdFile {
  /** Extend's file id, `file_…`. */
  readonly fileId: string;
  /** Name to show for the file. */
  readonly fileName?: string;
}

/** A document that the worker fetches or opens when it submits it. */
export interface SourceFile {
  /**
   * Name that a resolver of the worker opens. The scheme chooses the resolver: `file:///…` names a file under the
   * directory of sources.
   */
  readonly source: string;
  /** Name to show for the file. */
  readonly fileName?: string;
}

/** The document of a parse: by URL, by Extend's file id, or by a source. */
export type DocumentFile = UrlFile | IdFile | SourceFile;

/** Options of every parse. They apply to a submitted document and to an attached run. */
export interface CommonParseOptions {
  /** Schedule of the polls. */
  readonly polling?: PollingOptions;
  /**
   * Deadline of the whole document: time from the start of the workflow, after a `startDelay`, until
   * `ParseDeadlineExceeded`. In milliseconds, at most 365 days.
   * @default 86_400_000 (24 h)
   */
  readonly deadlineMs?: number;
  /**
   * Form of the result. `inline` returns the chunks. `stored` writes the run to the worker's result store and returns a
   * reference.
   * @default 'inline'
   */
  readonly result?: 'inline' | 'stored';
  /**
   * Deletion of the run's data at Extend. `afterSuccess` deletes it when the result is delivered. `always` also deletes
   * it when the run failed, was cancelled or missed the deadline. A paid result that could not be delivered is never
   * deleted. The workflow also deletes the file that it uploaded itself, never another file. A failed deletion does not
   * fail the workflow.
   * @default 'never'
   */
  readonly deleteRun?: 'never' | 'afterSuccess' | 'always';
  /**
   * Effect of a cancellation of the workflow on a run that has not ended. `cancelRun` cancels the run at Extend, best
   * effort, for 30 s at most; it needs version 2026-02-09 of the API. `leave` lets the run go on. In both cases the
   * workflow ends as CANCELED.
   * @default 'cancelRun' for a run of version 2026-02-09, else 'leave'
   */
  readonly onCancel?: 'leave' | 'cancelRun';
}

/**
 * Input that parses a document. The workflow submits the document once. `onAmbiguousSubmit` says when it submits again.
 */
export interface DocumentInput extends CommonParseOptions {
  /** The document. */
  readonly file: DocumentFile;
  /** Extend's parse configuration, passed through unchanged. @default the API's own */
  readonly config?: ParseConfig;
  /**
   * Reaction to a submit without a readable answer. In that case a run may exist and be billed. `resubmit` submits
   * again, so the document is submitted at least once, and the result counts each submit. `fail` ends the workflow with
   * `SubmitOutcomeUnknown`, so the document is submitted at most once.
   * @default 'resubmit'
   */
  readonly onAmbiguousSubmit?: 'resubmit' | 'fail';
  /**
   * Largest number of submits that may have created a run, 1 to 100. The workflow then ends with
   * `SubmitOutcomeUnknown`.
   * @default 5
   */
  readonly maxSubmits?: number;
  /**
   * Time for which the workflow looks for the run of a submit without a readable answer, in milliseconds, from 0 to
   * 3,600,000. It looks in Extend's list of runs, at growing intervals, and adopts the run if it finds it. Only then
   * `onAmbiguousSubmit` decides. It needs version 2026-02-09 of the API, whose runs carry the id of their workflow;
   * with the older version the workflow does not look. 0 switches it off.
   * @default 120_000 (2 minutes)
   */
  readonly reconcileMs?: number;
  /**
   * Metadata of the run, at most 8,000 bytes as JSON. Extend repeats it with the run, and the result contains it. The
   * member `extend:usage_tags`, a list of tags, is for Extend's billing; the member `temporal` is for this package. The
   * workflow's history contains the metadata. It needs version 2026-02-09 of the API.
   * @default none
   */
  readonly metadata?: RunMetadata;
  /**
   * `zero`: Extend retains nothing of the run after its processing. Extend offers that for some plans only, and refuses
   * it for others. It needs version 2026-02-09 of the API.
   * @default the retention of the workspace
   */
  readonly dataRetention?: 'zero';
}

/**
 * Input that attaches to an existing run. The workflow submits nothing. The first poll follows immediately, unless
 * `initialDelayMs` is given.
 */
export interface AttachInput extends CommonParseOptions {
  /** Extend's run id, `parser_run_…` or `pr_…`. */
  readonly runId: string;
  /**
   * Version of Extend's API in which the run was submitted.
   * @default `2025-04-21` for `parser_run_…`, `2026-02-09` for `pr_…`, else the version in which the worker submits
   */
  readonly apiVersion?: ApiVersion;
}

/** Input of the workflow `parseDocument`, as plain JSON. */
export type ParseInput = DocumentInput | AttachInput;

/** Tells if the input attaches to an existing run. */
export function isAttachInput(input: ParseInput): input is AttachInput {
  return 'runId' in input;
}
