/**
 * Requests and answers of Extend's API, versions 2025-04-21 and 2026-02-09, as far as this package uses it.
 *
 * The file has types, and the few constants of the contract. Required members are those without which an answer is
 * useless. Every other member is absent if the server omits it or sends another type. The server may add members, enum
 * values, and `null` for any optional member, so no type here is exhaustive.
 *
 * @see https://docs.extend.ai/2025-04-21/developers/api-reference/endpoint/parse-file-async
 * @see https://docs.extend.ai/2026-02-09/api-reference/endpoints/parse/create-parse-run
 */

/** Versions of Extend's API that this package speaks, the older one first. */
export const API_VERSIONS = ['2025-04-21', '2026-02-09'] as const;

/** A version of Extend's API: the value of the header `x-extend-api-version`. */
export type ApiVersion = (typeof API_VERSIONS)[number];

/** Version of new submits if the worker's settings name none, and of runs whose history names none. */
export const DEFAULT_API_VERSION: ApiVersion = '2025-04-21';

/** Base URL of Extend's API, unless the worker has another one. */
export const DEFAULT_BASE_URL = 'https://api.extend.ai';

/**
 * Status of a run. `PENDING` and `CANCELLED` belong to version 2026-02-09. Other words mean that the run is still
 * processing.
 */
export type KnownRunStatus = 'PENDING' | 'PROCESSING' | 'PROCESSED' | 'FAILED' | 'CANCELLED';

/** Status of a run as the API sends it. An unknown word is not an error. */
export type RunStatus = KnownRunStatus | (string & {});

/** Tells if a run has ended. An unknown status means that the run has not ended. */
export function isEndedStatus(status: RunStatus): boolean {
  return status === 'PROCESSED' || status === 'FAILED' || status === 'CANCELLED';
}

/** Extend's own parse configuration. It is passed through unchanged, and the API checks it. */
export interface ParseConfig {
  /** Format of the content. */
  readonly target?: 'markdown' | 'spatial' | (string & {});
  /** Rule by which Extend divides the document into chunks. */
  readonly chunkingStrategy?: {
    /** `page` (the API's default), `document` or `section`. */
    readonly type?: 'page' | 'document' | 'section' | (string & {});
    /** Limits of a chunk's size, in characters. */
    readonly options?: { readonly minCharacters?: number; readonly maxCharacters?: number };
  };
  /** Switches per block type. */
  readonly blockOptions?: Readonly<Record<string, unknown>>;
  /** Further options. */
  readonly advancedOptions?: {
    /** Pages to parse, 1-based and inclusive. Absent or empty means the whole file. */
    readonly pageRanges?: readonly { readonly start?: number; readonly end?: number }[];
    readonly [option: string]: unknown;
  };
  readonly [option: string]: unknown;
}

/** A rectangle on a page, in the units of the page's width and height. The y axis points downward. */
export interface BoundingBox {
  readonly left?: number | null;
  readonly right?: number | null;
  readonly top?: number | null;
  readonly bottom?: number | null;
}

/** A block of a chunk, for example a heading, a paragraph, a table or a figure. */
export interface Block {
  readonly object?: 'block' | (string & {});
  /** Hash of the block's content. Equal blocks may have the same id. */
  readonly id?: string;
  /** `text`, `heading`, `section_heading`, `table`, `figure`, or a type that the API adds later. */
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

/** A chunk of the parsed document, the unit for embeddings. */
export interface Chunk {
  readonly object?: 'chunk' | (string & {});
  /** `page`, `document` or `section`. */
  readonly type?: string;
  /** Cleaned content in the target format, which is usually markdown. */
  readonly content: string;
  readonly metadata?: {
    /** First and last page of the chunk, 1-based, inclusive. */
    readonly pageRange?: { readonly start: number; readonly end: number };
    readonly [field: string]: unknown;
  };
  readonly blocks?: readonly Block[];
  readonly [field: string]: unknown;
}

/** Words with their positions, if the configuration requested `returnOcr`. This is large. */
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

/**
 * A finished run with its output. A run of version 2026-02-09 gets the same shape: `fileId` is its `file.id`, and
 * `chunks` and `ocr` come from its `output`. The other members of its `output` stay there.
 */
export interface ParserRun {
  readonly object?: 'parser_run' | 'parse_run' | (string & {});
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
  /** Metadata of the submit. Version 2026-02-09 only. */
  readonly metadata?: RunMetadata | null;
  /** The members of the output beside chunks and OCR, if there are any. Version 2026-02-09 only. */
  readonly output?: { readonly metadata?: OutputMetadata | null; readonly [field: string]: unknown } | null;
  readonly [field: string]: unknown;
}

/**
 * Facts about the pages that were parsed: sizes, rotation and resolution. Boxes of blocks are in units of 1/72 inch times
 * `dpi / 72`. Version 2026-02-09 only.
 */
export type OutputMetadata = Readonly<Record<string, unknown>>;

/** Metadata that a submit gives to a run, and that Extend repeats with the run. Version 2026-02-09 only. */
export type RunMetadata = Readonly<Record<string, unknown>>;

/** Members of a finished run that become part of the workflow's result, beside its content. */
export type ParserRunFacts = Pick<ParserRun, 'id' | 'fileId' | 'status' | 'metrics' | 'usage' | 'metadata'>;

/** The document of a submit: by URL or by Extend's file id. */
export interface SubmittedFile {
  readonly fileUrl?: string;
  readonly fileId?: string;
  readonly fileName?: string;
  /** Password of the document at `fileUrl`. Version 2026-02-09 only. */
  readonly password?: string;
}

/** A submit of up to 1,000 documents, which share the configuration. Version 2026-02-09 only. */
export interface ParseBatchRequest {
  readonly inputs: readonly { readonly file: SubmittedFile; readonly metadata?: RunMetadata }[];
  readonly config?: ParseConfig;
  /** A smaller number is parsed sooner. */
  readonly priority?: number;
}

/** A submit, before the client writes it in the form of one version. */
export interface ParseRequest {
  readonly file: SubmittedFile;
  readonly config?: ParseConfig;
  /** Metadata of the run. Version 2026-02-09 only. */
  readonly metadata?: RunMetadata;
  /** `zero`: Extend retains nothing of the run after its processing. Version 2026-02-09 only. */
  readonly dataRetention?: 'zero';
}
