/** An opened source: content to upload, or a URL that Extend downloads. */
export type OpenedSource =
  | {
      /** Content of the document, for the upload. A file that was opened with `openAsBlob` is read while it is sent. */
      readonly content: Blob;
      /** Name of the file, with the extension of its type. */
      readonly fileName: string;
      /**
       * Releases the content. The worker calls it once, when the content is uploaded or not needed.
       * @default nothing to release
       */
      readonly close?: () => Promise<void>;
    }
  | {
      /**
       * URL that Extend downloads immediately, so it may be short-lived. Only Extend gets it: no history, log or error
       * contains it.
       */
      readonly fileUrl: string;
      /** Name of the file. @default Extend takes it from the URL */
      readonly fileName?: string;
      /**
       * Password that opens the document. Only Extend gets it. It needs version 2026-02-09 of Extend's API.
       * @default the document has none
       */
      readonly password?: string;
    };

/**
 * Function that opens a source by its name. The name is the complete `source` of the input. The worker calls the
 * function once before the first submit, and again for each submit of a URL; there it has 10 s. The worker drops the URL
 * of the first call. If a function gives a URL in the first call and a content later, the workflow ends as
 * `SourceUnavailable`.
 *
 * @throws SourceError if another attempt would fail too. After any other error the worker tries again until the
 * deadline.
 */
export type SourceResolver = (source: string, options: SourceCallOptions) => Promise<OpenedSource>;

/** Options of a resolver's call. */
export interface SourceCallOptions {
  /** Aborts when the activity is cancelled. The call should then end early. */
  readonly signal: AbortSignal;
}

/** A final failure to open a source. The message names the broken rule. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}
