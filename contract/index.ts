/**
 * This package's contract: input, result, batches, failures, checks, the poll schedule. The code is pure and safe
 * inside a workflow: it uses neither Node, nor the network, nor the clock.
 */
export {
  MAX_BATCH_DOCUMENTS,
  MAX_BATCH_ID_BYTES,
  MAX_BULK_WIDTH,
  MAX_DOCUMENT_BYTES,
  MAX_DOCUMENT_ID_BYTES,
  MAX_GROUP_DOCUMENTS,
  MAX_LIST_BYTES,
  documentWorkflowId,
  fittingCount,
  groupWorkflowId,
  maxWidthOf,
  otherWorkflowId,
  toParseInput,
  utf8Bytes,
  widthOf,
} from './batch/batch';
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
} from './batch/batch';
export { DocumentIds, findBatchProblem, findDocumentProblem } from './batch/check-batch';
export { toDocumentFailure } from './batch/to-document-failure';
export { findInputProblem, listProblems, show } from './check-input';
export type { InputCheckOptions } from './check-input';
export { isDeletionWanted } from './deletion';
export type { Ending } from './deletion';
export { toLangChainDocuments, toLlamaIndexNodes } from './chunk-documents';
export type { ChunkMetadata, LangChainDocument, LlamaIndexNode } from './chunk-documents';
export { classifyApiError, isEndpointMissing, isVersionRemoved } from './classify';
export type { RequestPurpose } from './classify';
export type { EarlierParse, EarlierRun, LostSubmit, ParseEvent, SubmitIdentity } from './earlier-parse';
export { withoutBlanks } from './environment';
export type { Environment } from './environment';
export { FAILURES, isFailureType, isRefusedSubmit } from './failures';
export type { AnyFailureType, FailureDetails, FailureRow, FailureType, RetriedFailureType } from './failures';
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
export { METRICS, WEBHOOK_METRICS } from './metrics';
export type { MetricLabels, MetricName, MetricNameOf, MetricRow } from './metrics';
export { MAX_TIMER_MS, nextDelayMs, resolveSchedule } from './poll-schedule';
export type { Backoff, PollEngine, PollPosition, PollSchedule, PollingOptions } from './poll-schedule';
export { resolveInput } from './resolve-input';
export type { DocumentToSubmit, ParseSettings, PollingSettings, RunToAttach } from './resolve-input';
export { versionOfRun } from './run-version';
export type { RunVersion } from './run-version';
export type {
  InlineOutput,
  InlineParseInput,
  InlineParseResult,
  ParseProgress,
  ParseResult,
  RunSummary,
  StoredOutput,
  StoredParseInput,
  StoredParseResult,
} from './result';
export { toMarkdown } from './to-markdown';
export {
  DOCUMENT_MEMO,
  SEARCH_ATTRIBUTES,
  batchAttributes,
  keyword,
  nameOfBatch,
  nameOfDocument,
  openingAttributes,
  searchAttributeCommand,
} from './search-attributes';
export { DEFAULT_ADDRESS, DEFAULT_NAMESPACE, DEFAULT_TASK_QUEUE } from './temporal-defaults';
