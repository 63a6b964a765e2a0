import type { Chunk, ParseConfig } from '../../contract/extend/parse-api';

/**
 * Formats that the emulator can parse. `text` includes markdown and XML, `spreadsheet` is XLSX, XLS, XLSB and ODS, `image`
 * is PNG, JPEG, TIFF, GIF, BMP, WebP and PNM.
 */
export type DocumentFormat =
  'pdf' | 'docx' | 'html' | 'spreadsheet' | 'csv' | 'text' | 'image' | 'pptx' | 'odt' | 'odp' | 'rtf' | 'eml';

/** Codes of failed runs that the emulator itself gives. */
type FailureCode =
  | 'CORRUPT_FILE'
  | 'PASSWORD_PROTECTED_FILE'
  | 'FILE_TYPE_NOT_SUPPORTED'
  | 'FILE_SIZE_TOO_LARGE'
  | 'UNABLE_TO_DOWNLOAD_FILE'
  | 'INTERNAL_ERROR';

/** Reasons of a failed run that the emulator itself gives. An explanation may follow the code. */
export type FailureReason = FailureCode | `${FailureCode}: ${string}`;

/** One document for the parser process. */
export interface ParserTask {
  readonly bytes: Uint8Array;
  readonly format: DocumentFormat;
  readonly config: ParseConfig;
}

/** The result of a {@link ParserTask}. */
export type ParseOutcome =
  | { readonly chunks: readonly Chunk[]; readonly pageCount: number; readonly ocr?: OcrOutput }
  | { readonly failureReason: FailureReason };

/** The words of a document, as a run with `returnOcr.words` has them. */
export interface OcrOutput {
  readonly words: readonly {
    readonly content: string;
    readonly boundingBox: {
      readonly left: number;
      readonly right: number;
      readonly top: number;
      readonly bottom: number;
    };
    /** From 0 to 1. */
    readonly confidence: number;
    readonly pageNumber: number;
  }[];
}

/** A message of the parser process: an outcome, or the error that is about to end the process. */
export type ParserMessage = ParseOutcome | { readonly crashed: string };
