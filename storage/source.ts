/** What a resolver makes of a source: something to upload, or a URL for Extend to download. */
export type OpenedSource =
  | {
      /** The document's content, to be uploaded. A file's (`openAsBlob`) is read as it is sent, not before. */
      readonly content: Blob;
      /** Name of the file, with an extension that tells its type. */
      readonly fileName: string;
      /** Releases the content; called once, when the content is uploaded or not needed. @default nothing to release */
      readonly close?: () => Promise<void>;
    }
  | {
      /** A URL that Extend downloads right away: make it fresh. It goes to Extend, and into no history, log or error. */
      readonly fileUrl: string;
      /** Name of the file. @default Extend takes it from the URL */
      readonly fileName?: string;
    };

/**
 * Opens a source by its name, the whole `source` of the input, each time a submit needs it.
 *
 * @throws SourceError where trying again is of no use; anything else is tried again until the deadline.
 */
export type SourceResolver = (source: string, options: SourceCallOptions) => Promise<OpenedSource>;

/** What a resolver is given beside the name. */
export interface SourceCallOptions {
  /** Ends the call early: the activity was cancelled. */
  readonly signal: AbortSignal;
}

/** A source that cannot be opened, now or later. The message names the rule. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
}
