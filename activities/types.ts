/**
 * What the activities take and give: plain JSON, and wire shapes, since running workflows hold them in their histories.
 * Workflows import this file for its types only.
 */
import type {
  BatchInput,
  DocumentEnd,
  DocumentOutcome,
  FailureCounts,
  ParseInput,
  ParseResult,
  PollSchedule,
  SourceFile,
} from '../contract';
import type { ParseAsyncRequest, ParseConfig, RunStatus } from '../contract/extend';

/** Input of `submitParse`. */
export interface SubmitParseInput {
  /** The document: by URL, by id, or by a source whose resolver gives a URL. */
  readonly file: ParseAsyncRequest['file'] | SourceFile;
  /** Passed through. @default the API's own */
  readonly config?: ParseConfig;
}

/** A run's state after a submit. */
export interface SubmittedRun {
  readonly runId: string;
  /** Mostly `PROCESSING`, but a run may have ended at once. */
  readonly status: RunStatus;
  readonly failureReason?: string;
}

/** Input of `getStatus`. */
export interface GetStatusInput {
  /** Extend's run id. */
  readonly runId: string;
  /** When the run was accepted, epoch milliseconds: a 404 is retried for 60 s after it. Absent for a run attached to. */
  readonly acceptedAtMs?: number;
  /**
   * When the first poll is due, by the server's clock, epoch milliseconds: an attempt that starts earlier ends with
   * `StillProcessing` without a request, and the next one comes when it is due. @default at once
   */
  readonly dueAtMs?: number;
  /**
   * Time until the first poll is due, in milliseconds. Workflows of version 0.1.0 give it without `dueAtMs`: then their
   * first attempt asks nothing. Newer ones give both, since activities of version 0.1.0 know only this.
   */
  readonly delayMs?: number;
  /**
   * Where given, an answer of a run that has not ended is the BENIGN failure `StillProcessing`, and Temporal's retry is
   * the next read, after the delay that this schedule gives. Where absent, one answer of any kind ends the activity.
   */
  readonly until?: PollSchedule & {
    /** When the wait began, epoch milliseconds. */
    readonly sinceMs: number;
  };
}

/** A run's state as read. */
export interface StatusAnswer {
  readonly status: RunStatus;
  readonly failureReason?: string;
  /** Status requests that this activity made, failed ones among them. */
  readonly polls: number;
}

/** What the workflow's result holds beside the run: the activity needs it to measure the whole. */
export type ResultCounters = Pick<ParseResult, 'submits' | 'polls' | 'waitedMs'>;

/** Input of `fetchResult`. */
export interface FetchResultInput {
  /** Extend's run id. */
  readonly runId: string;
  /** When the end of the run was noticed, epoch milliseconds: for two minutes it may lack its output. */
  readonly noticedAtMs: number;
  /** When the run was accepted, epoch milliseconds; see {@link GetStatusInput}. Absent for a run attached to. */
  readonly acceptedAtMs?: number;
  /** They become part of the result. */
  readonly counters: ResultCounters;
}

/** Output of `fetchResult` and `storeResult`: the workflow's result without its counters. */
export type FetchedResult = Omit<ParseResult, keyof ResultCounters>;

/** Input of `storeResult`. */
export interface StoreResultInput {
  /** Extend's run id. */
  readonly runId: string;
  /** When the end of the run was noticed, epoch milliseconds: for two minutes it may lack its output. */
  readonly noticedAtMs: number;
  /** When the run was accepted, epoch milliseconds; see {@link GetStatusInput}. Absent for a run attached to. */
  readonly acceptedAtMs?: number;
}

/** Input of `uploadFile`. */
export interface UploadFileInput {
  /** Name of the source, as in the workflow's input. */
  readonly source: string;
  /** Name to give to the file. @default the source's own */
  readonly fileName?: string;
}

/** Output of `uploadFile`. */
export interface UploadedFile {
  /** Absent where the source is a URL: then nothing was uploaded, and the submit makes the URL. */
  readonly fileId?: string;
}

/** Input of `deleteRun`: what is given is deleted. */
export interface DeleteRunInput {
  /** Extend's run id. */
  readonly runId?: string;
  /** A file that this workflow uploaded. */
  readonly fileId?: string;
}

/** Input of `prepareBatch`. */
export interface PrepareBatchInput {
  /** The batch as it was started. */
  readonly batch: BatchInput;
  /** This start of the batch: what it writes is told apart from earlier starts by it. */
  readonly startId: string;
}

/** Where a start of a batch keeps its pages and outcomes. */
export interface BatchLocation {
  /** Beginning of the names that are written. */
  readonly directory: string;
  /** Beginning of the URIs that are read. */
  readonly uri: string;
}

/** Output of `prepareBatch`: what there is to do, and what earlier starts have done. */
export interface PreparedBatch {
  /** The batch's workflow id. The workflow takes it from here, so that a replay under another id does the same. */
  readonly batchId: string;
  readonly place: BatchLocation;
  /** Documents of the batch. */
  readonly total: number;
  /** Pages of documents that are to be parsed, numbered from 1. */
  readonly pages: number;
  /** Segments of outcomes that are there already: those of earlier starts, and of skipped lines. */
  readonly segments: number;
  readonly skippedLines: number;
  /** Documents that earlier starts have done. */
  readonly processed: number;
  readonly failed: number;
  readonly failures: FailureCounts;
}

/** Input of `readBatchPage`. */
export interface ReadBatchPageInput {
  /** Where the pages are. */
  readonly place: BatchLocation;
  /** Counted from 1. */
  readonly page: number;
}

/** A document that is to be parsed. */
export interface PageDocument {
  readonly id: string;
  /** Input of its workflow. */
  readonly input: ParseInput;
}

/** Input of `writeOutcomes`. */
export interface WriteOutcomesInput {
  /** Where the outcomes go. */
  readonly place: BatchLocation;
  /** Counted from 1. A repeat writes the same segment anew. */
  readonly segment: number;
  /** The lines of the segment. Without any, no segment is written. */
  readonly outcomes: readonly DocumentOutcome[];
  /** Pages to delete then, numbered from 1: given at the end of the batch. @default 0 */
  readonly deletePages?: number;
}

/** Input of `followDocuments` and `cancelDocuments`: documents of the batch that calls. */
export interface DocumentsInput {
  /** Their ids within the batch. */
  readonly ids: readonly string[];
  /** `followDocuments` only: wait until one of them has ended. @default false: tell how it stands */
  readonly wait?: boolean;
  /**
   * `followDocuments` with `wait` only: when the batch began to follow these documents, epoch milliseconds, where it has
   * asked before. The first attempt then asks nothing, and the intervals grow from that time on, so that an answer that
   * brought something does not start them anew. @default asks at once
   */
  readonly followedSinceMs?: number;
}

/** A document that has ended. */
export interface EndedDocument {
  readonly id: string;
  readonly durationMs: number;
  readonly end: DocumentEnd;
}

/** The activities of batches by their wire names. */
export interface BatchActivities {
  /** Reads the list or manifest to its end, takes over what earlier starts have done, and writes the rest as pages. */
  prepareBatch(input: PrepareBatchInput): Promise<PreparedBatch>;
  /** Reads one page of documents. */
  readBatchPage(input: ReadBatchPageInput): Promise<readonly PageDocument[]>;
  /** Writes one segment of outcomes. At the end of a batch it deletes the batch's pages, too. */
  writeOutcomes(input: WriteOutcomesInput): Promise<void>;
  /** Tells which of these documents have ended, and how. Without `wait` it may be none. */
  followDocuments(input: DocumentsInput): Promise<readonly EndedDocument[]>;
  /** Asks the workflows of these documents to end. */
  cancelDocuments(input: DocumentsInput): Promise<void>;
}

/** The activities by their wire names. */
export interface ParseActivities extends BatchActivities {
  /** Sends the document once. It repeats nothing, and cancellation does not stop it: the run id must become known. */
  submitParse(input: SubmitParseInput): Promise<SubmittedRun>;
  /** Reads a run's state. */
  getStatus(input: GetStatusInput): Promise<StatusAnswer>;
  /** Fetches a finished run, small enough to travel inline. */
  fetchResult(input: FetchResultInput): Promise<FetchedResult>;
  /** Streams a finished run into the result store. */
  storeResult(input: StoreResultInput): Promise<FetchedResult>;
  /** Uploads a source to Extend. */
  uploadFile(input: UploadFileInput): Promise<UploadedFile>;
  /** Deletes a run's data, and an uploaded file. What is gone already is fine. */
  deleteRun(input: DeleteRunInput): Promise<void>;
}
