/**
 * The part of Extend's API, version 2025-04-21, that this package speaks: what is sent and what comes back.
 *
 * Types only, and the few constants of the contract. Required members are those without which an answer is of no use:
 * every other member is absent where the server leaves it out or sends another type. The server may add members, enum
 * values and `null` for anything optional, so nothing here is exhaustive.
 *
 * @see https://docs.extend.ai/2025-04-21/developers/api-reference/endpoint/parse-file-async
 */

/** Value of the `x-extend-api-version` header that every request carries. */
export const EXTEND_API_VERSION = '2025-04-21';

/** Where Extend serves its API unless the worker is told otherwise. */
export const DEFAULT_BASE_URL = 'https://api.extend.ai';

/** Run states of version 2025-04-21, plus `CANCELLED`, which later versions know. Other words mean "still processing". */
export type KnownRunStatus = 'PROCESSING' | 'PROCESSED' | 'FAILED' | 'CANCELLED';

/** A run's state as the API words it. An unknown word is data, not an error. */
export type RunStatus = KnownRunStatus | (string & {});

/** Whether a run has ended: a word that is not known means that it has not. */
export function isEndedStatus(status: RunStatus): boolean {
  return status === 'PROCESSED' || status === 'FAILED' || status === 'CANCELLED';
}

/** Extend's own parse configuration. Passed through unchanged; the API checks it. */
export interface ParseConfig {
  /** Format of the content. */
  readonly target?: 'markdown' | 'spatial' | (string & {});
  /** How the document is cut into chunks. */
  readonly chunkingStrategy?: {
    /** `page` (the API's default), `document` or `section`. */
    readonly type?: 'page' | 'document' | 'section' | (string & {});
    /** Bounds on a chunk's size, in characters. */
    readonly options?: { readonly minCharacters?: number; readonly maxCharacters?: number };
  };
  /** Switches per block type. */
  readonly blockOptions?: Readonly<Record<string, unknown>>;
  /** Everything else, `pageRanges` among it. */
  readonly advancedOptions?: {
    /** Pages to parse: 1-based, inclusive; absent or empty means the whole file. */
    readonly pageRanges?: readonly { readonly start?: number; readonly end?: number }[];
    readonly [option: string]: unknown;
  };
  readonly [option: string]: unknown;
}

/** One rectangle on a page, in the units of the page's width and height; y grows downward. */
export interface BoundingBox {
  readonly left?: number | null;
  readonly right?: number | null;
  readonly top?: number | null;
  readonly bottom?: number | null;
}

/** One block of a chunk: a heading, paragraph, table, figure. */
export interface Block {
  readonly object?: 'block' | (string & {});
  /** Hash of the block's content; equal blocks may share it. */
  readonly id?: string;
  /** `text`, `heading`, `section_heading`, `table`, `figure`, and whatever the API adds. */
  readonly type?: string;
  /** The block's content in the target format. */
  readonly content?: string;
  readonly details?: Readonly<Record<string, unknown>> | null;
  readonly metadata?: {
    readonly page?: {
      readonly number?: number | null;
      readonly width?: number | null;
      readonly height?: number | null;
    } | null;
    readonly [field: string]: unknown;
  } | null;
  readonly polygon?: readonly { readonly x: number; readonly y: number }[] | null;
  readonly boundingBox?: BoundingBox | null;
  readonly parentBlockId?: string | null;
  readonly children?: readonly Block[] | null;
  readonly [field: string]: unknown;
}

/** One chunk of the parsed document: what one would embed. */
export interface Chunk {
  readonly object?: 'chunk' | (string & {});
  /** `page`, `document` or `section`. */
  readonly type?: string;
  /** Cleaned content in the target format, usually markdown. */
  readonly content: string;
  readonly metadata?: {
    /** First and last page of the chunk, 1-based, inclusive. */
    readonly pageRange?: { readonly start: number; readonly end: number };
    readonly [field: string]: unknown;
  };
  readonly blocks?: readonly Block[];
  readonly [field: string]: unknown;
}

/** Words with positions, where the configuration asked for `returnOcr`. Large. */
export interface Ocr {
  readonly words?: readonly Readonly<Record<string, unknown>>[] | null;
  readonly [field: string]: unknown;
}

/** A run that is not finished, or a finished one without its output. */
export interface ParserRunStatus {
  readonly object: 'parser_run_status';
  readonly id: string;
  readonly status: RunStatus;
  readonly failureReason?: string | null;
}

/** A finished run with its output. */
export interface ParserRun {
  readonly object?: 'parser_run' | (string & {});
  readonly id: string;
  /** Extend's id of the stored file. */
  readonly fileId?: string;
  readonly status: RunStatus;
  readonly failureReason?: string | null;
  readonly chunks: readonly Chunk[];
  readonly ocr?: Ocr | null;
  readonly metrics?: {
    readonly processingTimeMs?: number;
    readonly pageCount?: number;
    readonly [field: string]: unknown;
  };
  readonly config?: ParseConfig | null;
  readonly usage?: { readonly credits?: number | null; readonly [field: string]: unknown } | null;
  readonly [field: string]: unknown;
}

/** Members of a finished run that become part of the workflow's result, beside its content. */
export type ParserRunFacts = Pick<ParserRun, 'id' | 'fileId' | 'status' | 'metrics' | 'usage'>;

/** Body of `POST /parse/async`. */
export interface ParseAsyncRequest {
  readonly file: { readonly fileUrl?: string; readonly fileId?: string; readonly fileName?: string };
  readonly config?: ParseConfig;
}
