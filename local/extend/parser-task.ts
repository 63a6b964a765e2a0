import type { Chunk, ParseConfig } from '../../contract/extend/parse-api';

/** Formats that the emulator can parse. `text` includes markdown; `spreadsheet` is XLSX, XLS, XLSB and ODS. */
export type DocumentFormat = 'pdf' | 'docx' | 'html' | 'spreadsheet' | 'csv' | 'text';

/** Reasons of a failed run that the emulator itself gives. An explanation may follow `INTERNAL_ERROR`. */
export type FailureReason =
  | 'CORRUPT_FILE'
  | 'PASSWORD_PROTECTED_FILE'
  | 'FILE_TYPE_NOT_SUPPORTED'
  | 'FILE_SIZE_TOO_LARGE'
  | 'UNABLE_TO_DOWNLOAD_FILE'
  | 'INTERNAL_ERROR'
  | `INTERNAL_ERROR: ${string}`;

/** One document for the parser process. */
export interface ParserTask {
  readonly bytes: Uint8Array;
  readonly format: DocumentFormat;
  readonly config: ParseConfig;
}

/** The result of a {@link ParserTask}. */
export type ParseOutcome =
  { readonly chunks: readonly Chunk[]; readonly pageCount: number } | { readonly failureReason: FailureReason };

/** A message of the parser process: an outcome, or the error that is about to end the process. */
export type ParserMessage = ParseOutcome | { readonly crashed: string };
