import type { Chunk, Ocr, RunStatus } from './extend';

/** The chunks themselves, as part of the workflow's result. */
export interface InlineOutput {
  readonly kind: 'inline';
  readonly chunks: readonly Chunk[];
  /** Only where the configuration asked for it. */
  readonly ocr?: Ocr;
}

/** Where the run was stored: the bare `ParserRun` as JSON. */
export interface StoredOutput {
  readonly kind: 'stored';
  /** Absolute: `file:///…` or `s3://bucket/key`. */
  readonly uri: string;
  /** Size of the stored object, in bytes. */
  readonly bytes: number;
  /** Hash of exactly those bytes, hexadecimal. */
  readonly sha256: string;
  readonly chunkCount: number;
}

/** Facts of a finished run beside its content. All but the id are absent where Extend does not give them in their type. */
export interface RunSummary {
  readonly runId: string;
  /** Extend's id of the stored file. */
  readonly fileId?: string;
  /** Pages that Extend parsed. */
  readonly pageCount?: number;
  /** Extend's own figure, in milliseconds. */
  readonly processingTimeMs?: number;
  /** Credits that Extend charged. */
  readonly credits?: number;
}

/** Result of the workflow `parseDocument`. */
export interface ParseResult extends RunSummary {
  /** POSTs that may have created a run: 1 unless an answer was lost; 0 when attached. Rejected ones do not count. */
  readonly submits: number;
  /** Status requests. */
  readonly polls: number;
  /** Time from the start of the workflow until the result was there, in milliseconds. A `startDelay` does not count. */
  readonly waitedMs: number;
  readonly output: InlineOutput | StoredOutput;
}

/** Where a `parseDocument` workflow stands; answer of its query `progress`. */
export interface ParseProgress {
  /** `ended`: with its result, with a failure, or cancelled; Temporal tells which. */
  readonly phase: 'submitting' | 'waiting' | 'fetching' | 'cleaning' | 'ended';
  /** Extend's run id, once it is known. */
  readonly runId?: string;
  /** The run's status as last read. */
  readonly status?: RunStatus;
  /** Submits that may have created a run. */
  readonly submits: number;
  /** Status requests so far; only with the `timer` engine. */
  readonly polls?: number;
  /** When the next read is due, epoch milliseconds; only with the `timer` engine. */
  readonly nextPollAtMs?: number;
  /** When the workflow started, epoch milliseconds; a `startDelay` is over by then. */
  readonly startedAtMs: number;
  /** When the deadline ends, epoch milliseconds. */
  readonly deadlineAtMs: number;
  /** The last thing that went wrong, even if it was mended since. */
  readonly lastFailure?: string;
}
