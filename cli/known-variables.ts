import type { Environment } from '../contract';
import { toSafeLabel } from './to-label';
import type { Finding } from './finding';

/** The variables of this package, as docs/configuration.md lists them. */
export const KNOWN_VARIABLES: readonly string[] = [
  'EXTEND_API_KEY',
  'EXTEND_API_KEY_FILE',
  'EXTEND_API_VERSION',
  'EXTEND_BASE_URL',
  'EXTEND_PARSE_LOG_FORMAT',
  'EXTEND_PARSE_LOG_LEVEL',
  'EXTEND_PARSE_MAX_INLINE_BYTES',
  'EXTEND_PARSE_MAX_REQUESTS_PER_SECOND',
  'EXTEND_PARSE_METRICS_ADDRESS',
  'EXTEND_PARSE_RESULT_DIR',
  'EXTEND_PARSE_RUN_METADATA',
  'EXTEND_PARSE_SHUTDOWN_GRACE_MS',
  'EXTEND_PARSE_SOURCE_DIR',
  'EXTEND_PARSE_TASK_QUEUE',
  'EXTEND_WEBHOOK_SECRETS',
  'EXTEND_WEBHOOK_SECRETS_FILE',
  'EXTEND_WORKSPACE_ID',
];

/** Warns about variables that begin as those of this package and are none of them: most often a typing error. */
export function checkVariableNames(env: Environment): Finding[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('EXTEND_') && !KNOWN_VARIABLES.includes(name))
    .map((name) => ({
      state: 'warning',
      subject: 'configuration',
      says: `${toSafeLabel(name)} is not a variable of this package, and is ignored`,
      remedy: 'Correct the name; docs/configuration.md lists them all.',
    }));
}
