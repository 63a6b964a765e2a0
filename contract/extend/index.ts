/** Extend's wire contract: types of requests, decoding of answers, error bodies. Pure, and safe inside a workflow. */
export { ParseApiError } from './api-error';
export type { ParseApiErrorFacts, ParseApiErrorKind } from './api-error';
export { findBaseUrlProblem } from './base-url';
export { CollectedRun } from './collected-run';
export { ContractError } from './contract-error';
export { decodeStateAnswer, decodeSubmitAnswer, decodeUploadAnswer } from './decode-answer';
export type { RunState } from './decode-answer';
export { decodeBatchAnswer, decodeListedRun, decodeRunPage } from './decode-list';
export { decodeCreatedEndpoint, decodeEndpointPage } from './decode-endpoint';
export type { CreatedWebhookEndpoint, WebhookEndpoint, WebhookEndpointPage } from './decode-endpoint';
export type { BatchState, ListedRun, RunPage } from './decode-list';
export { decodeChunk, decodeRun } from './decode-run';
export { decodeErrorBody, isExtendError, isOutOfCreditsCode } from './error-body';
export type { ErrorBody } from './error-body';
export { findIdProblem } from './ids';
export { isHeaderWord } from './is-header-word';
export { isHttpUrl } from './is-http-url';
export type { NoteField } from './lenient';
export { API_VERSIONS, DEFAULT_API_VERSION, DEFAULT_BASE_URL, isEndedStatus } from './parse-api';
export type {
  ApiVersion,
  Block,
  BoundingBox,
  Chunk,
  KnownRunStatus,
  Ocr,
  OutputMetadata,
  ParseConfig,
  ParseBatchRequest,
  ParseRequest,
  ParserRun,
  ParserRunFacts,
  ParserRunStatus,
  RunMetadata,
  RunStatus,
  SubmittedFile,
} from './parse-api';
export { MAX_REQUEST_MS } from './request-limits';
export { MAX_RETRY_AFTER_MS, parseRetryAfter } from './retry-after';
export { RunScan } from './run-scan';
export type { RunScanOptions } from './run-scan';
export { BATCH_RUN_EVENTS, RUN_EVENTS, isEndEvent } from './webhook-events';
