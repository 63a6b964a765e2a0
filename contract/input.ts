import type { ParseConfig } from './extend';
import type { PollingOptions } from './poll-schedule';

/** A document that Extend downloads. */
export interface UrlFile {
  /** Absolute `http:` or `https:` URL. It stays in the workflow's history: for secret or short-lived URLs use `source`. */
  readonly fileUrl: string;
  /** Name to show for the file; by default Extend takes it from the URL. */
  readonly fileName?: string;
}

/** A document that is at Extend already. */
export interface IdFile {
  /** Extend's file id, `file_…`. */
  readonly fileId: string;
  /** Name to show for the file. */
  readonly fileName?: string;
}

/** A document that the worker fetches or opens when it submits it. */
export interface SourceFile {
  /** A name that a resolver on the worker understands, by its scheme: `file:///…` names a file under the directory of sources. */
  readonly source: string;
  /** Name to show for the file. */
  readonly fileName?: string;
}

/** Where the document is. */
export type DocumentFile = UrlFile | IdFile | SourceFile;

/** What can be chosen for any parse, whether it submits a document or attaches to a run. */
export interface CommonParseOptions {
  /** When to ask for the run's status. */
  readonly polling?: PollingOptions;
  /** Time from the start of the workflow (after a `startDelay`) until `ParseDeadlineExceeded`, in milliseconds, at most 365 days. @default 86_400_000 (24 h) */
  readonly deadlineMs?: number;
  /** `inline` returns the chunks; `stored` writes them to the worker's result store and returns a reference. @default 'inline' */
  readonly result?: 'inline' | 'stored';
  /**
   * Whether the run's data is deleted at Extend: `afterSuccess` once the result is delivered, `always` also when the
   * run failed, was cancelled or is overdue. It never deletes a paid result that could not be delivered. A file that
   * this workflow uploaded goes with it, never one of yours. Best effort.
   * @default 'never'
   */
  readonly deleteRun?: 'never' | 'afterSuccess' | 'always';
}

/** Parse a document: submits it once, more often only as `onAmbiguousSubmit` says. */
export interface DocumentInput extends CommonParseOptions {
  /** The document. */
  readonly file: DocumentFile;
  /** Extend's parse configuration, passed through unchanged. @default the API's own */
  readonly config?: ParseConfig;
  /**
   * What follows when a submit got no readable answer, so that a run may exist and be billed: `resubmit` sends it again
   * (at least once; each extra submit is counted in the result), `fail` ends with `SubmitOutcomeUnknown` (at most once).
   * @default 'resubmit'
   */
  readonly onAmbiguousSubmit?: 'resubmit' | 'fail';
  /** Submits that may have created a run before `SubmitOutcomeUnknown`, 1 to 100. @default 5 */
  readonly maxSubmits?: number;
}

/** Wait for a run that exists already; nothing is submitted. The first read follows at once unless `initialDelayMs` is given. */
export interface AttachInput extends CommonParseOptions {
  /** Extend's run id, `parser_run_…`. */
  readonly runId: string;
}

/** Input of the workflow `parseDocument`. Plain JSON. */
export type ParseInput = DocumentInput | AttachInput;

/** Whether the input attaches to an existing run. */
export function isAttachInput(input: ParseInput): input is AttachInput {
  return 'runId' in input;
}
