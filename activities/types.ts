/**
 * Inputs and outputs of the activities, as plain JSON. They are wire shapes, because the histories of running workflows
 * contain them. Workflows import only types from this file.
 */
import type {
  BatchInput,
  DocumentEnd,
  DocumentOutcome,
  EarlierParse,
  FailureCounts,
  LostSubmit,
  ParseInput,
  ParseResult,
  PollSchedule,
  RunVersion,
  SourceFile,
  SubmitIdentity,
} from '../contract';
import type { ApiVersion, ParseConfig, RunMetadata, RunStatus, SubmittedFile } from '../contract/extend';
import type { BatchLocation } from './batch-location';
import type { GroupActivities } from './group-types';

export type { BatchLocation } from './batch-location';
export type {
  DeleteRunsInput,
  FollowGroupInput,
  GroupActivities,
  GroupAnswer,
  GroupReference,
  GroupWork,
  TakeGroupInput,
  TakenOutcomes,
} from './group-types';

/** Input of `submitParse`. */
export interface SubmitParseInput extends VersionedFields {
  /** Document: by URL, by id, or by a source whose resolver gives a URL. */
  readonly file: Omit<SubmittedFile, 'password'> | SourceFile;
  /** Parse configuration of Extend, passed through unchanged. @default the API's own */
  readonly config?: ParseConfig;
  /** Metadata of the run. @default none */
  readonly metadata?: RunMetadata;
  /** `zero`: Extend retains nothing of the run. @default the retention of the workspace */
  readonly dataRetention?: 'zero';
  /** `stored`: a worker without a result store refuses the document before anything is sent. @default 'inline' */
  readonly result?: 'inline' | 'stored';
  /**
   * Identity of the submit. On version 2026-02-09 the metadata of the run contains it, so that the run can be found if
   * the answer is lost. Absent from workflows of version 0.1.0.
   */
  readonly identity?: SubmitIdentity;
  /** Revision of the workflow's code. The answer repeats it. Absent from workflows of version 0.1.0. */
  readonly workflowRevision?: number;
}

/**
 * Part of an activity's input. It lets a worker refuse a document, before anything is sent, that the worker's version of
 * the API cannot carry.
 */
export interface VersionedFields {
  /** Names of the fields of the workflow's input that need version 2026-02-09 of the API. @default none */
  readonly versionedFields?: readonly string[];
}

/** State of a run after a submit. */
export interface SubmittedRun {
  readonly runId: string;
  /** Usually `PROCESSING`. A run may also have ended immediately. */
  readonly status: RunStatus;
  /** Extend's reason, if the run has failed. */
  readonly failureReason?: string;
  /** Extend's explanation of that reason for people. Version 2026-02-09 only. */
  readonly failureMessage?: string;
  /** Version of the API in which the run was submitted. Absent from workers of version 0.1.0. */
  readonly apiVersion?: ApiVersion;
  /** Revision of the workflow's code that submitted the run: a replay reads it here, and the history needs no marker. */
  readonly workflowRevision?: number;
}

/** Input of `findRun`. */
export interface FindRunInput {
  /** Submits without a readable answer, of one document. */
  readonly lost: readonly LostSubmit[];
  /** `true`: waits, by Temporal's retries, until a run is listed. @default false: looks once */
  readonly wait?: boolean;
  /** Ids of runs that were named as one of them, by a webhook for instance. They are read before the list. @default none */
  readonly runIds?: readonly string[];
}

/** Answer of `findRun`. */
export interface FoundRuns {
  /** `false`: this worker cannot look, because of the version of its API or because runs carry no metadata of this package. */
  readonly canLook: boolean;
  /** Runs of the submits, the oldest first. */
  readonly runs: readonly FoundRun[];
}

/** A run whose metadata name a submit of this workflow. */
export interface FoundRun extends Omit<SubmittedRun, 'workflowRevision'> {
  /** Number of the submit that created it. */
  readonly submit: number;
}

/** Input of `getStatus`. */
export interface GetStatusInput {
  /** Extend's run id. */
  readonly runId: string;
  /** Version of the API in which the run was submitted. @default by the beginning of the run id, else '2025-04-21' */
  readonly apiVersion?: RunVersion;
  /**
   * Time when Extend accepted the run, epoch milliseconds. A 404 is retried for 60 s after it. Absent for an attached
   * run.
   */
  readonly acceptedAtMs?: number;
  /**
   * Time when the first poll is due, by the server's clock, epoch milliseconds. An attempt that starts earlier ends
   * with `StillProcessing` without a request, and Temporal retries it when the poll is due. @default immediately
   */
  readonly dueAtMs?: number;
  /**
   * Time until the first poll is due, in milliseconds. Workflows of version 0.1.0 give it without `dueAtMs`. The first
   * attempt then sends no request. Newer workflows give both, because activities of version 0.1.0 know only this field.
   */
  readonly delayMs?: number;
  /**
   * Schedule of the polls. If it is given, the activity fails with `StillProcessing` (BENIGN) while the run has not
   * ended. Temporal's retry is then the next poll, after the delay of the schedule. If it is absent, the activity ends
   * after one poll with any answer.
   */
  readonly until?: PollSchedule & {
    /** Time when the wait began, epoch milliseconds. */
    readonly sinceMs: number;
  };
  /**
   * Form of the result that the poll brings if the run has ended as PROCESSED. Workers of version 0.1.0 ignore it. The
   * workflow then calls `fetchResult` or `storeResult`. @default none: the poll brings the state only
   */
  readonly deliver?: 'inline' | 'stored';
  /**
   * `true`: the run has probably ended, or its result must be in the same answer as its end. The poll of an inline result
   * asks for the content itself, and needs no second request. @default false
   */
  readonly expectsEnd?: boolean;
}

/** State of a run, from a poll. */
export interface StatusAnswer {
  readonly status: RunStatus;
  /** Extend's reason, if the run has failed. */
  readonly failureReason?: string;
  /** Extend's explanation of that reason for people. Version 2026-02-09 only. */
  readonly failureMessage?: string;
  /** Version of the API in which the run was polled. Absent from workers of version 0.1.0. */
  readonly apiVersion?: ApiVersion;
  /** Polls of this activity, including failed ones. */
  readonly polls: number;
  /**
   * The result, if it was asked for and could be had. After a failure it is absent: then `fetchResult` or `storeResult`
   * tries again, and tells the reason.
   */
  readonly delivered?: DeliveredResult;
}

/** Result that a poll has brought. */
export interface DeliveredResult {
  readonly result: FetchedResult;
  /** Time between the answer with the end of the run and the result, in milliseconds. */
  readonly tookMs: number;
}

/** Counters in the workflow's result. The activity needs them to measure the size of the whole result. */
export type ResultCounters = Pick<ParseResult, 'submits' | 'polls' | 'waitedMs'>;

/** Input of `storeResult`. */
export interface StoreResultInput {
  /** Extend's run id. */
  readonly runId: string;
  /** Version of the API in which the run was submitted. @default by the beginning of the run id, else '2025-04-21' */
  readonly apiVersion?: RunVersion;
  /**
   * Time when the workflow noticed the end of the run, epoch milliseconds. For two minutes after it the run may lack
   * its output.
   */
  readonly noticedAtMs: number;
  /** Time when Extend accepted the run, epoch milliseconds. See {@link GetStatusInput}. Absent for an attached run. */
  readonly acceptedAtMs?: number;
}

/** Input of `fetchResult`. */
export interface FetchResultInput extends StoreResultInput {
  /** Counters that become part of the result. */
  readonly counters: ResultCounters;
}

/** Output of `fetchResult` and `storeResult`: the workflow's result without its counters. */
export type FetchedResult = Omit<ParseResult, keyof ResultCounters>;

/** Input of `uploadFile`. */
export interface UploadFileInput extends VersionedFields {
  /** Name of the source, as in the workflow's input. */
  readonly source: string;
  /** Name of the uploaded file. @default the name that the resolver gives */
  readonly fileName?: string;
}

/** Output of `uploadFile`. */
export interface UploadedFile {
  /**
   * Extend's id of the file. It is absent if the resolver gives a URL: then nothing was uploaded, and the submit makes
   * the URL.
   */
  readonly fileId?: string;
}

/** Input of `deleteRun`. Each given id is deleted. */
export interface DeleteRunInput {
  /** Extend's run id. */
  readonly runId?: string;
  /** Version of the API in which the run was submitted. @default by the beginning of the run id, else '2025-04-21' */
  readonly apiVersion?: RunVersion;
  /** Id of a file that this workflow uploaded. */
  readonly fileId?: string;
}

/** Input of `cancelRun`. */
export interface CancelRunInput {
  /** Extend's run id. */
  readonly runId: string;
  /** Version of the API in which the run was submitted. @default by the beginning of the run id, else '2025-04-21' */
  readonly apiVersion?: RunVersion;
}

/** Answer of `cancelRun`. */
export interface CancelAnswer {
  /** Status of the run afterwards. Absent if it is not known. */
  readonly status?: RunStatus;
}

/** Input of `prepareBatch`. */
export interface PrepareBatchInput {
  /** Input of the batch. */
  readonly batch: BatchInput;
  /**
   * Run id of the first workflow execution of this batch. It stays the same after continue-as-new. It distinguishes the
   * batch's objects in the store from those of an earlier batch with the same workflow id.
   */
  readonly startId: string;
}

/** Output of `prepareBatch`: the work of the batch, and the work that earlier workflow executions have done. */
export interface PreparedBatch {
  /** Workflow id of the batch. The workflow uses this value, so that a replay under another id does the same. */
  readonly batchId: string;
  /** Location of the pages and outcomes. */
  readonly place: BatchLocation;
  /** Number of documents of the batch. */
  readonly total: number;
  /** Number of pages of documents that are still to be parsed. Pages are numbered from 1. */
  readonly pages: number;
  /** Number of existing segments of outcomes: those of earlier workflow executions and of skipped lines. */
  readonly segments: number;
  readonly skippedLines: number;
  /** Number of documents that earlier workflow executions have parsed. */
  readonly processed: number;
  readonly failed: number;
  readonly failures: FailureCounts;
  /**
   * Numbers of documents of the groups that are submitted together. Groups are numbered from 1. The pages do not contain
   * their documents. Absent unless the batch has `submission: 'bulk'`.
   */
  readonly groups?: readonly number[];
}

/** Input of `readBatchPage`. */
export interface ReadBatchPageInput {
  /** Location of the pages. */
  readonly place: BatchLocation;
  /** Number of the page, from 1. */
  readonly page: number;
}

/** A document of a page. */
export interface PageDocument {
  readonly id: string;
  /** Input of the document's workflow. */
  readonly input: ParseInput;
  /** Hash of the document and its configuration. Absent from pages of version 0.1.0. */
  readonly hash?: string;
  /** Facts about an earlier start that the outcomes of the batch tell. @default it is the first one */
  readonly earlier?: EarlierParse;
}

/** Input of `writeOutcomes`. */
export interface WriteOutcomesInput {
  /** Location of the outcomes. */
  readonly place: BatchLocation;
  /** Number of the segment, from 1. Another attempt writes the same segment again. */
  readonly segment: number;
  /** Lines of the segment. If there are none, no segment is written. */
  readonly outcomes: readonly DocumentOutcome[];
  /** Number of pages to delete after the write. The batch gives it at its end. @default 0 */
  readonly deletePages?: number;
  /** Number of groups whose documents to delete after the write. The batch gives it at its end. @default 0 */
  readonly deleteGroups?: number;
}

/** Input of `followDocuments` and `cancelDocuments`: documents of the calling batch. */
export interface DocumentsInput {
  /** Ids of the documents within the batch. */
  readonly ids: readonly string[];
  /** `followDocuments` only: waits until one of the documents has ended. @default false: returns the current state */
  readonly wait?: boolean;
  /**
   * `followDocuments` with `wait` only: time when the batch began to follow these documents, epoch milliseconds, if it
   * has called the activity for them before. The first attempt then sends no request, and the intervals grow from that
   * time on. So an answer with ended documents does not reset the intervals. @default the first attempt asks Temporal
   * immediately
   */
  readonly followedSinceMs?: number;
  /**
   * Hashes of the documents, by id. A workflow that parses another document is reported with `isOther`.
   * @default none: a workflow is recognized by its id alone
   */
  readonly hashes?: Readonly<Record<string, string>>;
  /** Workflow ids of documents, by id, that differ from `<batch>/<id>`. @default none */
  readonly workflowIds?: Readonly<Record<string, string>>;
  /** `true`: a document that has ended without a result comes with the facts for another start. @default false */
  readonly withEarlier?: boolean;
}

/** A document that has ended. */
export interface EndedDocument {
  readonly id: string;
  readonly durationMs: number;
  readonly end: DocumentEnd;
  /** Facts for another start of the document. */
  readonly earlier?: EarlierParse;
  /** `true`: the workflow id belongs to a workflow that parses another document. */
  readonly isOther?: boolean;
}

/** Activities of batches by their wire names. */
export interface BatchActivities {
  /**
   * Reads the complete list or manifest, adopts the outcomes of earlier workflow executions, and writes the other
   * documents as pages.
   */
  prepareBatch(input: PrepareBatchInput): Promise<PreparedBatch>;
  /** Reads one page of documents. */
  readBatchPage(input: ReadBatchPageInput): Promise<readonly PageDocument[]>;
  /** Writes one segment of outcomes. At the end of a batch it also deletes the pages of the batch. */
  writeOutcomes(input: WriteOutcomesInput): Promise<void>;
  /** Returns those of the documents that have ended, with their outcomes. Without `wait` the list may be empty. */
  followDocuments(input: DocumentsInput): Promise<readonly EndedDocument[]>;
  /** Requests cancellation of the workflows of these documents. */
  cancelDocuments(input: DocumentsInput): Promise<void>;
}

/** Activities by their wire names. */
export interface ParseActivities extends BatchActivities, GroupActivities {
  /**
   * Submits the document once and never repeats the request. Cancellation does not stop it, because the run id must
   * become known.
   */
  submitParse(input: SubmitParseInput): Promise<SubmittedRun>;
  /** Looks for the runs of submits whose answers were lost. */
  findRun(input: FindRunInput): Promise<FoundRuns>;
  /** Polls a run. */
  getStatus(input: GetStatusInput): Promise<StatusAnswer>;
  /** Fetches a finished run that is small enough for an inline result. */
  fetchResult(input: FetchResultInput): Promise<FetchedResult>;
  /** Streams a finished run into the result store. */
  storeResult(input: StoreResultInput): Promise<FetchedResult>;
  /** Uploads a source to Extend. */
  uploadFile(input: UploadFileInput): Promise<UploadedFile>;
  /** Cancels a run. That a run has ended, or does not exist, is no error. */
  cancelRun(input: CancelRunInput): Promise<CancelAnswer>;
  /** Deletes a run's data, and an uploaded file. A run or file that does not exist counts as deleted. */
  deleteRun(input: DeleteRunInput): Promise<void>;
}
