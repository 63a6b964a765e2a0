/**
 * `temporal-extend-parse/storage`: sources of documents and stores of results. Requires Node.
 *
 * @packageDocumentation
 */
export { createSources } from './create-sources';
export type { SourcesOptions } from './create-sources';
export { createFileStore } from './file-store';
export type { FileStoreOptions } from './file-store';
export { readStoredChunks, readStoredRun } from './read-stored';
export type { ReadStoredOptions } from './read-stored';
export { StoreRefusedError } from './result-store';
export type { ResultStore, StoreCallOptions } from './result-store';
export { SourceError } from './source';
export type { OpenedSource, SourceCallOptions, SourceResolver } from './source';
