import type { FailureDetails, FailureType } from '../failures';
import { isAttachInput, type DocumentInput, type ParseInput } from '../input';
import type { ParseResult } from '../result';

/** A batch holds so many documents at most. */
export const MAX_BATCH_DOCUMENTS = 100_000;
/** A list of documents travels in the workflow's input: so large at most, as UTF-8 JSON. In bytes. */
export const MAX_LIST_BYTES = 1_000_000;
/** One document with the batch's defaults, as UTF-8 JSON. In bytes. */
export const MAX_DOCUMENT_BYTES = 32_000;
/** A document's id becomes the end of its workflow's id, which Temporal bounds. In bytes of UTF-8. */
export const MAX_DOCUMENT_ID_BYTES = 200;
/** Temporal advises against more children of one workflow at a time. */
export const MAX_BATCH_WIDTH = 500;

/** A document of a batch: an input of `parseDocument`, and what it is called in the batch. Its result is always stored. */
export type BatchDocument = ParseInput & {
  /**
   * Name of the document within the batch, at most 200 bytes; its workflow is `<batch>/<id>`. A batch that is started
   * again knows its documents by it. @default its place in the list, or its line in the manifest, counted from 1
   */
  readonly id?: string;
};

/** What holds for every document of a batch that does not say otherwise. */
export type BatchDefaults = Omit<DocumentInput, 'file'>;

/** How a batch goes on, wherever its documents are named. */
export interface BatchOptions {
  /** What holds for every document that does not say otherwise. @default {} */
  readonly defaults?: BatchDefaults;
  /** Documents in progress at a time, 1 to 500. The update `setWidth` changes it. @default 50 */
  readonly width?: number;
  /**
   * What follows a line of the manifest that is no document: `skip` tells of it in the outcomes and goes on, `fail` ends
   * the batch with `InvalidInput` before anything is started. A list with such a document is always refused.
   * @default 'skip'
   */
  readonly onBadLine?: 'skip' | 'fail';
  /** Start no further document once so many have failed, in this start of the batch. @default none: the others go on */
  readonly stopAfterFailures?: number;
  /** What becomes of the documents in progress when the batch is cancelled: ended, or left to go on. @default 'cancel' */
  readonly onCancel?: 'cancel' | 'abandon';
  /**
   * Where a batch of this workflow id ended before: parse the documents that failed then once more. One whose submit had
   * an unknown outcome is not sent again. @default false: they count as done
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
        /** A source, as of a document, that holds one document as JSON in each line. It is read when the batch starts. */
        readonly manifest: string;
      }
  );

/** What ended a document without a result: a failure type, or what was done to its workflow. */
export type DocumentFailureType = FailureType | 'Cancelled' | 'Terminated' | 'TimedOut' | 'Unexpected';

/** Documents that failed, by what they failed with. */
export type FailureCounts = Readonly<Partial<Record<DocumentFailureType, number>>>;

/** Where a `parseBatch` workflow stands; answer of its query `progress`. */
export interface BatchProgress {
  /** Documents of the batch; absent until they are counted. */
  readonly total?: number;
  /** Documents that have ended, well or not, in earlier starts of the batch too. */
  readonly done: number;
  /** Those of them that failed. */
  readonly failed: number;
  /** Documents in progress. */
  readonly inFlight: number;
  /** Those that failed, by type. */
  readonly failures: FailureCounts;
}

/** Where the outcomes of a batch are. */
export interface BatchOutcomes {
  /** Absolute: the segments are `<uri>/1.jsonl` and so on. */
  readonly uri: string;
  /** How many there are. */
  readonly segments: number;
}

/** Result of the workflow `parseBatch`. */
export interface BatchResult {
  /** Documents of the batch. More than `processed` and `failed` together where `stopAfterFailures` stopped it. */
  readonly total: number;
  readonly processed: number;
  readonly failed: number;
  /** Lines of the manifest that were no documents. */
  readonly skippedLines: number;
  /** Documents that failed, by type. */
  readonly failures: FailureCounts;
  readonly outcomes: BatchOutcomes;
}

/** How a document ended. */
export type DocumentEnd =
  | { readonly status: 'processed'; readonly result: ParseResult }
  | { readonly status: 'failed'; readonly failure: DocumentFailure };

/** Why a document failed. */
export interface DocumentFailure {
  readonly type: DocumentFailureType;
  readonly message: string;
  /** What is known; `failureReason` is Extend's. */
  readonly details: FailureDetails;
}

/** One line of the outcomes: each document has one, and each line of the manifest that was none. */
export type DocumentOutcome =
  | (DocumentEnd & {
      readonly id: string;
      /** The document's workflow. */
      readonly workflowId: string;
      /** Status requests, as far as is known. */
      readonly polls: number;
      /** From the start of the document's workflow to its end, in milliseconds. */
      readonly durationMs: number;
    })
  | {
      /** `cancelled` with the batch, or `left` in progress by it. Neither is done: the batch, started again, sees to it. */
      readonly status: 'cancelled' | 'left';
      readonly id: string;
      readonly workflowId: string;
    }
  | {
      /** A line of the manifest that is no document. */
      readonly status: 'skipped';
      /** Counted from 1. */
      readonly line: number;
      readonly message: string;
    };

/** The input of a document's workflow: the document with the defaults that fit it. */
export function toParseInput({ id: _, ...document }: BatchDocument, defaults: BatchDefaults = {}): ParseInput {
  const { config: _config, onAmbiguousSubmit: _on, maxSubmits: _max, ...common } = defaults;
  // A run that exists already is not submitted: what is about submits does not fit it.
  return { ...(isAttachInput(document) ? common : defaults), ...document, result: 'stored' };
}

/** The workflow id of a document. */
export function documentWorkflowId(batchId: string, id: string): string {
  return `${batchId}/${id}`;
}

/** Size of a text as UTF-8, in bytes. */
export function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}
