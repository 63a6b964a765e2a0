/**
 * The emulator: a local server that speaks Extend's API, for development and tests. It shares no code with this
 * package's client for Extend except small predicates of `json`. It loads a parsing library only when a document needs
 * it; scripted documents need none.
 */
export { startEmulator } from './start-emulator';
export type { Emulator, EmulatorOptions } from './start-emulator';
export type { FaultChooser } from './handle-request';
export type { EmulatorFile, EmulatorRequest, EmulatorRun, Operation } from './ledger';
export type { RateLimitOptions } from './rate-limits';
export type { RunListOptions } from './run-list-options';
export type { Outcome } from './send-reply';
export type { ScriptedDocument } from './scripted-document';
export type { EmulatorEndpoint } from './webhooks/endpoint-store';
export type {
  EndpointOptions,
  PayloadFormat,
  PlannedDelivery,
  WebhookFault,
  WebhookOptions,
} from './webhooks/webhook-options';
export type { EmulatorDelivery } from './webhooks/webhooks';
export { BUILT_IN_SCRIPTS } from './built-in-scripts';
export {
  dripReply,
  endlessReply,
  hangReply,
  htmlReply,
  httpReply,
  naturalReply,
  paddedReply,
  rateLimitedReply,
  reportReply,
  resetReply,
  truncatedReply,
  wrongContentTypeReply,
} from './reply';
export type {
  DripReply,
  EndlessReply,
  HangReply,
  HttpReply,
  NaturalReply,
  PaddedReply,
  Reply,
  ReportReply,
  ResetReply,
  TruncatedReply,
} from './reply';
