/**
 * Keeps secrets, signed URLs and control characters out of texts that leave the worker. Pure, and safe inside a
 * workflow.
 */
export { maskUrl } from './mask-url';
export { toPlainText } from './plain-text';
export { redact } from './redact';
export { SHAPE_REDACTOR, createRedactor } from './redactor';
export type { Redactor } from './redactor';
export { keySecrets, passwordSecrets, querySecrets, urlSecrets } from './secrets';
export type { Secret } from './secrets';
