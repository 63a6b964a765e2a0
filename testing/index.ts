/**
 * `temporal-extend-parse/testing`, for tests of pipelines: everything that a parse needs, on this machine. It needs
 * Node, `@temporalio/testing` and `@temporalio/worker`.
 *
 * @packageDocumentation
 */
// The check comes first, because an import of a missing package would fail without a hint.
import './require-packages';
export { createParseTestEnvironment } from './create-parse-test-environment';
export type { ParseTestEnvironment, ParseTestEnvironmentOptions } from './create-parse-test-environment';
export type { ScriptedDocumentName } from './choose-document';
export type { TestServerKind } from './temporal-environment';
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
} from '../local/extend';
export type {
  Emulator,
  EmulatorDelivery,
  EmulatorEndpoint,
  EmulatorFile,
  EmulatorRequest,
  EmulatorRun,
  FaultChooser,
  Reply,
  ScriptedDocument,
  WebhookFault,
} from '../local/extend';
