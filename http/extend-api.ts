import type {
  ApiVersion,
  BatchState,
  CollectedRun,
  ListedRun,
  ParseBatchRequest,
  ParseRequest,
  RunPage,
  RunState,
} from '../contract/extend';
import type { Secret } from '../privacy';

/** Options of every call. */
export interface CallOptions {
  /** Ends the call early. The call then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Options of a submit. */
export interface SubmitOptions extends CallOptions {
  /** Secrets in the request, beside the key. No error and no state repeats them. @default none */
  readonly secrets?: readonly Secret[];
}

/** Options of a poll that also brings the content of the run, if the run has ended. */
export interface PollForResultOptions extends CallOptions {
  /** `true`: the answer has the content itself, if the run has ended. @default false: Extend sends a URL instead */
  readonly expectsEnd?: boolean | undefined;
  /** Largest answer to keep in memory, in bytes. */
  readonly keepBytes: number;
}

/**
 * Answer to a poll, with the content that the answer has or names. Only `state` may leave an activity: the rest knows
 * the presigned URL of the content.
 */
export interface PolledRun {
  readonly state: RunState;
  /** Gives the content of the finished run in memory. It sends a request if the answer does not have the content. */
  read(options: CallOptions & { readonly maxBodyBytes: number }): Promise<CollectedRun>;
  /** Gives the finished run as it arrives, as one JSON text. It sends a request if the answer does not have the content. */
  stream(options?: CallOptions): AsyncIterable<Uint8Array>;
}

/** Selection of one page of the list of runs. */
export interface RunListQuery {
  /** Only runs with this status. @default any */
  readonly status?: string;
  /** Only runs that this batch created. @default any */
  readonly batchId?: string;
  /** Token of the page, from the page before. @default the first page */
  readonly nextPageToken?: string;
  /** Number of runs of a page. Extend may send fewer. @default Extend's own */
  readonly pageSize?: number;
}

/**
 * Extend's API in one version, as far as this package uses it. A call sends one request and never repeats it, with two
 * exceptions: `pollRun` sends a second request when Extend refuses `responseType=url`, and `streamRun` of version
 * 2026-02-09 asks for the URL of the content first.
 */
export interface ExtendApi {
  /** Version that each request names. */
  readonly apiVersion: ApiVersion;
  /** Submits a document. @throws TypeError for a member of the request that the version does not have */
  submitParse(request: ParseRequest, options?: SubmitOptions): Promise<RunState>;
  /**
   * Polls a run: it reads only the state, for an answer of any size. It asks for `responseType=url`. If Extend refuses
   * that with 400 or 422, the call sends a second request, with `responseType=json`.
   */
  pollRun(runId: string, options?: CallOptions): Promise<RunState>;
  /**
   * Polls a run as `pollRun` does, and keeps the answer. Extend may delete a run as soon as one answer had its result, so
   * the content must be read from that answer.
   */
  pollForResult(runId: string, options: PollForResultOptions): Promise<PolledRun>;
  /** Fetches a run with its content into memory. @throws BodyTooLargeError above `maxBodyBytes` */
  readRun(runId: string, options: CallOptions & { readonly maxBodyBytes: number }): Promise<CollectedRun>;
  /** Fetches a run with its content as it arrives, as one JSON text. @throws ParseApiError from the iteration */
  streamRun(runId: string, options?: CallOptions): AsyncIterable<Uint8Array>;
  /** Deletes a run. A run that does not exist counts as deleted. */
  deleteRun(runId: string, options?: CallOptions): Promise<void>;
  /** Uploads a file. Not idempotent: each call creates a file. */
  uploadFile(
    file: { readonly content: Blob; readonly fileName: string },
    options?: CallOptions,
  ): Promise<{ readonly fileId: string }>;
  /** Deletes a file. A file that does not exist counts as deleted. */
  deleteFile(fileId: string, options?: CallOptions): Promise<void>;
  /**
   * Cancels a run that is processing. It resolves with `false` if Extend refuses that, because the run has ended or does
   * not exist. Absent in version 2025-04-21, which cannot cancel.
   */
  readonly cancelRun?: (runId: string, options?: CallOptions) => Promise<boolean>;
  /**
   * Reads a run as the list of runs has it, with its metadata. `undefined` if it does not exist. Absent in version
   * 2025-04-21.
   */
  readonly describeRun?: (runId: string, options?: CallOptions) => Promise<ListedRun | undefined>;
  /** Reads one page of the runs of the workspace. Absent in version 2025-04-21. */
  readonly listRuns?: (query: RunListQuery, options?: CallOptions) => Promise<RunPage>;
  /** Submits many documents at once. Not idempotent. Absent in version 2025-04-21. */
  readonly createBatch?: (request: ParseBatchRequest, options?: SubmitOptions) => Promise<BatchState>;
  /** Reads the state of a batch. Absent in version 2025-04-21. */
  readonly readBatch?: (batchId: string, options?: CallOptions) => Promise<BatchState>;
}
