import type { ParseInput } from './input';
import type { ApiVersion, Chunk, Ocr, OutputMetadata, RunMetadata, RunStatus } from './extend';

/** The chunks as part of the workflow's result. */
export interface InlineOutput {
  readonly kind: 'inline';
  readonly chunks: readonly Chunk[];
  /** Present only if the configuration requested it. */
  readonly ocr?: Ocr;
  /** Facts about the parsed pages. Version 2026-02-09 only, and only if Extend sends them. */
  readonly metadata?: OutputMetadata;
}

/** Reference to a stored run. The stored object is the bare `ParserRun` as JSON. */
export interface StoredOutput {
  readonly kind: 'stored';
  /** Absolute URI of the object: `file:///…` or `s3://bucket/key`. */
  readonly uri: string;
  /** Size of the stored object, in bytes. */
  readonly bytes: number;
  /** SHA-256 of these bytes, hexadecimal. */
  readonly sha256: string;
  readonly chunkCount: number;
}

/**
 * Facts of a finished run beside its content. All except id and version are absent if Extend omits them or sends another
 * type.
 */
export interface RunSummary {
  readonly runId: string;
  /** Version of Extend's API in which the run was fetched. Absent in results of workers of version 0.1.0. */
  readonly apiVersion?: ApiVersion;
  /** Extend's id of the stored file. */
  readonly fileId?: string;
  /** Pages that Extend parsed. */
  readonly pageCount?: number;
  /** Processing time that Extend reports, in milliseconds. */
  readonly processingTimeMs?: number;
  /** Credits that Extend charged. */
  readonly credits?: number;
  /** Metadata of the run, as Extend repeats it. Version 2026-02-09 only. */
  readonly metadata?: RunMetadata;
}

/** Result of the workflow `parseDocument`. */
export interface ParseResult extends RunSummary {
  /**
   * Submits that may have created a run, over all starts under the workflow id: 1 unless an answer was lost or a start
   * was repeated, 0 for an attached run. Rejected submits do not count.
   */
  readonly submits: number;
  /** `true` if the answer of the submit was lost, and the workflow found the run in Extend's list of runs. */
  readonly adopted?: boolean;
  /** Ids of other runs of this document that lost answers have left at Extend. Each may be billed. Absent if none is known. */
  readonly otherRuns?: readonly string[];
  /** Polls. */
  readonly polls: number;
  /**
   * Time from the start of the workflow until the result was available, in milliseconds. A `startDelay` does not count.
   */
  readonly waitedMs: number;
  readonly output: InlineOutput | StoredOutput;
}

/** Input whose result is inline, which is the default. */
export type InlineParseInput = ParseInput & { readonly result?: 'inline' };
/** Input whose result is stored. */
export type StoredParseInput = ParseInput & { readonly result: 'stored' };

/** Result with the chunks. */
export interface InlineParseResult extends ParseResult {
  readonly output: InlineOutput;
}

/** Result with a reference to the stored run. */
export interface StoredParseResult extends ParseResult {
  readonly output: StoredOutput;
}

/** Progress of a `parseDocument` workflow: the answer of its query `progress`. */
export interface ParseProgress {
  /** Current phase. `ended` covers success, failure and cancellation; Temporal's own status tells which. */
  readonly phase: 'submitting' | 'waiting' | 'fetching' | 'cleaning' | 'ended';
  /** Extend's run id, if it is known. */
  readonly runId?: string;
  /** Version of Extend's API in which the run was submitted, if it is known. */
  readonly apiVersion?: ApiVersion;
  /** Status of the run at the last poll. */
  readonly status?: RunStatus;
  /** Submits that may have created a run. */
  readonly submits: number;
  /** Polls so far. Only with the `timer` engine. */
  readonly polls?: number;
  /** Time of the next poll, epoch milliseconds. Only with the `timer` engine. */
  readonly nextPollAtMs?: number;
  /** Time when the workflow started, after a `startDelay`, epoch milliseconds. */
  readonly startedAtMs: number;
  /** Deadline, epoch milliseconds. */
  readonly deadlineAtMs: number;
  /** Last failure. It stays here after a later attempt succeeded. */
  readonly lastFailure?: string;
}
