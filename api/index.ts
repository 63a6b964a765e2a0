/**
 * The wire contract of Extend's API and of this package: types, checks, the failure table, the poll schedule. Pure, and
 * safe inside a workflow: nothing here reaches Node, the network or the clock.
 */
export { ParseApiError } from './api-error';
export type { ParseApiErrorFacts, ParseApiErrorKind } from './api-error';
export {
  documentWorkflowId,
  MAX_BATCH_DOCUMENTS,
  MAX_BATCH_WIDTH,
  MAX_DOCUMENT_BYTES,
  MAX_LIST_BYTES,
  toParseInput,
  utf8Bytes,
} from './batch';
export type {
  BatchDefaults,
  BatchDocument,
  BatchInput,
  BatchOptions,
  BatchOutcomes,
  BatchProgress,
  BatchResult,
  DocumentEnd,
  DocumentFailure,
  DocumentFailureType,
  DocumentOutcome,
  FailureCounts,
} from './batch';
export { DocumentIds, findBatchProblem, findDocumentProblem } from './check-batch';
export { findInputProblem } from './check-input';
export type { InputCheckOptions } from './check-input';
export { classifyApiError, isEndpointMissing, isVersionRemoved } from './classify';
export type { RequestPurpose } from './classify';
export { CollectedRun } from './collected-run';
export { DEFAULT_BASE_URL, DEFAULT_TASK_QUEUE, EXTEND_API_VERSION, isEndedStatus } from './contract';
export type {
  Block,
  BoundingBox,
  Chunk,
  KnownRunStatus,
  Ocr,
  ParseAsyncRequest,
  ParseConfig,
  ParserRun,
  ParserRunFacts,
  ParserRunStatus,
  RunStatus,
} from './contract';
export { ContractError } from './contract-error';
export { toDocumentFailure } from './document-failure';
export { withoutBlanks } from './environment';
export type { Environment } from './environment';
export { decodeErrorBody, isExtendError } from './error-body';
export type { ErrorBody } from './error-body';
export { FAILURES, isFailureType } from './failures';
export type { AnyFailureType, FailureDetails, FailureRow, FailureType, RetriedFailureType } from './failures';
export { decodeChunk, decodeRun } from './finished-run';
export { findIdProblem } from './ids';
export { isAttachInput } from './input';
export type {
  AttachInput,
  CommonParseOptions,
  DocumentFile,
  DocumentInput,
  IdFile,
  ParseInput,
  SourceFile,
  UrlFile,
} from './input';
export { JsonSyntaxError } from './json-scanner';
export type { JsonPath } from './json-scanner';
export { collectValue, JsonSplitter } from './json-splitter';
export type { JsonSink } from './json-splitter';
export type { NoteField } from './lenient';
export { maskUrl } from './mask-url';
export { METRICS } from './metrics';
export type { MetricLabels, MetricName, MetricNameOf, MetricRow } from './metrics';
export { MAX_TIMER_MS, nextDelayMs, resolveSchedule } from './poll-schedule';
export type { Backoff, PollEngine, PollingOptions, PollPosition, PollSchedule } from './poll-schedule';
export { toPlainText } from './plain-text';
export { redact } from './redact';
export { createRedactor, SHAPE_REDACTOR } from './redactor';
export type { Redactor } from './redactor';
export { keySecrets, querySecrets, urlSecrets } from './secrets';
export type { Secret } from './secrets';
export type { InlineOutput, ParseProgress, ParseResult, RunSummary, StoredOutput } from './result';
export { MAX_REQUEST_MS } from './request-limits';
export { MAX_RETRY_AFTER_MS, parseRetryAfter } from './retry-after';
export {
  batchAttributes,
  keyword,
  nameOfDocument,
  openingAttributes,
  SEARCH_ATTRIBUTES,
  searchAttributeCommand,
} from './search-attributes';
export { RunScan } from './run-scan';
export type { RunScanOptions } from './run-scan';
export { decodeStateAnswer, decodeSubmitAnswer, decodeUploadAnswer } from './schemas';
export type { RunState } from './schemas';
