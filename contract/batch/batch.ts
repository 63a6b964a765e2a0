import type { FailureDetails, FailureType } from '../failures';
import { isAttachInput, type DocumentInput, type ParseInput } from '../input';
import type { ParseResult } from '../result';
import { versionOfRun } from '../run-version';
import { defined } from '../../json';

/** Limit of the documents of a batch. */
export const MAX_BATCH_DOCUMENTS = 100_000;
/** Limit of a list of documents, which is part of the workflow's input. In bytes of UTF-8 JSON. */
export const MAX_LIST_BYTES = 1_000_000;
/** Limit of one document with the batch's defaults. In bytes of UTF-8 JSON. */
export const MAX_DOCUMENT_BYTES = 32_000;
/**
 * Limit of a batch's key, which is its workflow id. Temporal accepts 1,000 bytes, and the workflow id of a document adds
 * the document's id. In bytes of UTF-8.
 */
export const MAX_BATCH_ID_BYTES = 700;
/** Limit of a document's id, which is part of a workflow id, for which Temporal has a limit. In bytes of UTF-8. */
export const MAX_DOCUMENT_ID_BYTES = 200;
/** Limit of documents in flight: Temporal advises against more children of one workflow at a time. */
export const MAX_BATCH_WIDTH = 500;
/** Limit of documents in flight with `submission: 'bulk'`, where a group of documents is one child workflow. */
export const MAX_BULK_WIDTH = 10_000;
/** Limit of the documents of one bulk submit: Extend accepts no more. */
export const MAX_GROUP_DOCUMENTS = 1_000;

/** A document of a batch: an input of `parseDocument`, with an id. Its result is always stored. */
export type BatchDocument = ParseInput & {
  /**
   * Id of the document within the batch, at most 200 bytes; the id of its workflow is `<batch>/<id>`, or
   * `<batch>/<id>~<hash>` if that one belongs to another document. A batch that is
   * started again recognizes its documents by their ids. @default the document's position in the list, or its line
   * number in the manifest, counted from 1
   */
  readonly id?: string;
};

/** Values for every document of a batch that does not set them itself. */
export type BatchDefaults = Omit<DocumentInput, 'file'>;

/** Options of a batch, both with a list and with a manifest. */
export interface BatchOptions {
  /** Values for every document that does not set them itself. @default {} */
  readonly defaults?: BatchDefaults;
  /**
   * Form of the submits. `each` submits each document alone, in a workflow of its own. `bulk` submits up to 1,000
   * documents of the same configuration in one request, polls them together and stores their results together. It needs
   * version 2026-02-09 of the API and the metadata of this package. Documents that a bulk submit cannot carry are parsed
   * as with `each`.
   * @default 'each'
   */
  readonly submission?: 'each' | 'bulk';
  /**
   * Limit of documents in flight: 1 to 500 with `each`, 1 to 10,000 with `bulk`. The update `setWidth` changes it.
   * @default 50 with `each`, 2,000 with `bulk`
   */
  readonly width?: number;
  /**
   * Effect of a line of the manifest that is not a document. `skip` reports the line in the outcomes and goes on.
   * `fail` ends the batch with `InvalidInput` before anything is started. A list with such a document is always
   * refused.
   * @default 'skip'
   */
  readonly onBadLine?: 'skip' | 'fail';
  /**
   * After this number of failed documents no further document is started. Failures before the batch was last started do
   * not count. @default none: the others go on
   */
  readonly stopAfterFailures?: number;
  /**
   * Effect of a cancellation of the batch on the documents in flight: they are cancelled, or they go on. @default
   * 'cancel'
   */
  readonly onCancel?: 'cancel' | 'abandon';
  /**
   * For a batch that is started again under its workflow id: parse the documents that failed once more. A document that
   * failed with `SubmitOutcomeUnknown` is not submitted again. @default false: documents that failed count as done
   */
  readonly retryFailed?: boolean;
}

/** Input of the workflow `parseBatch`. Plain JSON. */
export type BatchInput = BatchOptions &
  (
    | {
        /** The documents, 1 to 100,000, at most 1 MB as JSON. */
        readonly documents: readonly BatchDocument[];
      }
    | {
        /**
         * A source, like that of a document, with one document as JSON in each line. The worker reads it when the batch
         * starts.
         */
        readonly manifest: string;
      }
  );

/** Type of the failure of a document: a failure type of this package, or how its workflow was ended from outside. */
export type DocumentFailureType = FailureType | 'Cancelled' | 'Terminated' | 'TimedOut' | 'Unexpected';

/** Number of documents that failed, by failure type. */
export type FailureCounts = Readonly<Partial<Record<DocumentFailureType, number>>>;

/** Progress of a `parseBatch` workflow: the answer of its query `progress`. */
export interface BatchProgress {
  /** Documents of the batch; absent until they are counted. */
  readonly total?: number;
  /** Documents that are processed or failed, also in earlier executions of the batch. */
  readonly done: number;
  /** Documents that failed. */
  readonly failed: number;
  /** Documents in flight. */
  readonly inFlight: number;
  /** Documents that failed, by type. */
  readonly failures: FailureCounts;
}

/** Location of the outcomes of a batch. */
export interface BatchOutcomes {
  /** Absolute URI. The segments are `<uri>/1.jsonl`, `<uri>/2.jsonl` and so on. */
  readonly uri: string;
  /** Number of segments. */
  readonly segments: number;
}

/** Result of the workflow `parseBatch`. */
export interface BatchResult {
  /** Documents of the batch. More than `processed` and `failed` together if `stopAfterFailures` stopped the batch. */
  readonly total: number;
  readonly processed: number;
  readonly failed: number;
  /** Lines of the manifest that are not documents. */
  readonly skippedLines: number;
  /** Documents that failed, by type. */
  readonly failures: FailureCounts;
  readonly outcomes: BatchOutcomes;
}

/** End of a document's workflow, with the result or the failure. */
export type DocumentEnd =
  | { readonly status: 'processed'; readonly result: ParseResult }
  | { readonly status: 'failed'; readonly failure: DocumentFailure };

/** Failure of a document. */
export interface DocumentFailure {
  readonly type: DocumentFailureType;
  readonly message: string;
  /** The known facts; `failureReason` is Extend's. */
  readonly details: FailureDetails;
}

/** One line of the outcomes. Each document has one, and each line of the manifest that is not a document. */
export type DocumentOutcome =
  | (DocumentEnd & {
      readonly id: string;
      /** Id of the document's workflow. */
      readonly workflowId: string;
      /**
       * Hash of the document and its configuration. A batch that is started again compares it, because the line numbers of a
       * manifest may have moved. Absent from batches of version 0.1.0.
       */
      readonly hash?: string;
      /** Polls, as far as they are known. */
      readonly polls: number;
      /** From the start of the document's workflow to its end, in milliseconds. */
      readonly durationMs: number;
    })
  | {
      /**
       * `cancelled` with the batch, or `left` in flight by it. Neither is done: the batch parses it when it is started
       * again.
       */
      readonly status: 'cancelled' | 'left';
      readonly id: string;
      readonly workflowId: string;
      /** Hash of the document and its configuration. */
      readonly hash?: string;
      /** Extend's run id, if it is known. */
      readonly runId?: string;
      /** Submits so far that may have created a run, over all starts. Absent if Temporal did not tell. */
      readonly submits?: number;
      /** `true`: a submit has no answer, so that a run may exist whose id is unknown. */
      readonly runMayExist?: true;
    }
  | {
      /** A line of the manifest that is not a document. */
      readonly status: 'skipped';
      /** Counted from 1. */
      readonly line: number;
      readonly message: string;
    };

/** The input of a document's workflow: the document with the defaults that apply to it. */
export function toParseInput({ id: _, ...document }: BatchDocument, defaults: BatchDefaults = {}): ParseInput {
  const { config: _config, onAmbiguousSubmit: _on, maxSubmits: _max, ...rest } = defaults;
  const { metadata: _metadata, dataRetention: _retention, reconcileMs: _reconcile, ...common } = rest;
  if (!isAttachInput(document)) return { ...defaults, ...document, result: 'stored' };
  // A run that exists already is not submitted, so the defaults for submits do not apply. The older version of the API
  // cannot cancel.
  const { onCancel, ...waiting } = common;
  const canCancel = versionOfRun(document) !== '2025-04-21';
  return { ...(canCancel ? defined({ onCancel }) : {}), ...waiting, ...document, result: 'stored' };
}

/** Limit of documents in flight of a batch, by the form of its submits. */
export function maxWidthOf({ submission }: Pick<BatchOptions, 'submission'>): number {
  return submission === 'bulk' ? MAX_BULK_WIDTH : MAX_BATCH_WIDTH;
}

const DEFAULT_WIDTHS = { each: 50, bulk: 2_000 };

/** Limit of documents in flight with which a batch starts, by its input. */
export function widthOf({
  submission = 'each',
  width = DEFAULT_WIDTHS[submission],
}: Pick<BatchOptions, 'submission' | 'width'>): number {
  return width;
}

/** The workflow id of a document. */
export function documentWorkflowId(batchId: string, id: string): string {
  return `${batchId}/${id}`;
}

const SHOWN_HASH_LENGTH = 16;

/** The workflow id of a document whose usual workflow id belongs to another document. */
export function otherWorkflowId(batchId: string, id: string, hash: string): string {
  return `${documentWorkflowId(batchId, id)}~${hash.slice(0, SHOWN_HASH_LENGTH)}`;
}

/** Gives the number of the first values that fit into the limit together: at least one, if there is one. Pure. */
export function fittingCount(sizes: readonly number[], maxBytes: number): number {
  let bytes = 0;
  const count = sizes.findIndex((size) => (bytes += size) > maxBytes);
  return count < 0 ? sizes.length : Math.max(count, 1);
}

/**
 * The workflow id of a group of documents. The id of the execution of the batch is in it, so that no document of the batch
 * has the same workflow id.
 */
export function groupWorkflowId(batchId: string, startId: string, group: number): string {
  return `${batchId}/group/${startId}/${group}`;
}

/** Size of a text as UTF-8, in bytes. */
export function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
