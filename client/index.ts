/**
 * `temporal-extend-parse/client`, for backend services: starts parses and waits for their results. Loads no worker
 * code.
 *
 * @packageDocumentation
 */
export type {
  AttachInput,
  BatchDefaults,
  BatchDocument,
  BatchInput,
  BatchOptions,
  BatchOutcomes,
  BatchProgress,
  BatchResult,
  ChunkMetadata,
  DocumentFailure,
  DocumentFailureType,
  DocumentFile,
  DocumentInput,
  DocumentOutcome,
  FailureCounts,
  FailureDetails,
  FailureType,
  InlineOutput,
  InlineParseInput,
  InlineParseResult,
  LangChainDocument,
  LlamaIndexNode,
  ParseInput,
  ParseProgress,
  ParseResult,
  PollingOptions,
  StoredOutput,
  StoredParseInput,
  StoredParseResult,
} from '../contract';
export { toLangChainDocuments, toLlamaIndexNodes, toMarkdown } from '../contract';
export type { ApiVersion, Block, Chunk, OutputMetadata, ParseConfig, ParserRun, RunMetadata } from '../contract/extend';
export {
  ApiVersionRemovedError,
  ContractViolationError,
  EndpointNotFoundError,
  FileNotFoundError,
  IdempotencyKeyReusedError,
  InvalidInputError,
  isParseError,
  OutOfCreditsError,
  ParseCancelledError,
  ParseDeadlineExceededError,
  ParseError,
  ParserRunFailedError,
  ParserRunNotFoundError,
  RequestRejectedError,
  ResultStoreFailedError,
  ResultTooLargeError,
  SearchAttributesNotRegisteredError,
  SourceUnavailableError,
  SubmitOutcomeUnknownError,
  UnauthorizedError,
  UploadRejectedError,
} from './errors';
export type { ParseErrorFacts, ParseErrorType } from './errors';
export type { BatchHandle } from './batch/batch-handle';
export { ParseClient } from './parse-client';
export type { ParseClientOptions } from './parse-client';
export { createParseTool } from './parse-tool';
export type { ParseTool, ParseToolAnswer, ParseToolInput, ParseToolOptions } from './parse-tool';
export type { StartParseOptions } from './start-options';
export type { ReadResultOptions } from './read-result';
export type { ParseHandle } from './parse-handle';
export type { RunFinishedNotice } from '../workflows/messages';
