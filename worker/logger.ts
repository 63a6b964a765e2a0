import { inspect } from 'node:util';
import { DefaultLogger, type LogEntry, type LogLevel } from '@temporalio/worker';
import { FAILURES } from '../contract';

/** Formats of log lines. */
export const LOG_FORMATS = ['text', 'json'] as const;
/** Levels of log lines, from the least important on. */
export const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'] as const satisfies readonly LogLevel[];

/** Settings of {@link createLogger}. */
export interface LogOptions {
  /** @default 'text' */
  readonly logFormat?: (typeof LOG_FORMATS)[number];
  /** Lines of a lower level are not written. @default 'INFO' */
  readonly logLevel?: LogLevel;
}

/** The statistics that Temporal's bundler prints of the workflow code. They say nothing to an operator. */
const BUNDLE_STATISTICS = /\bwebpack [\d.]+ compiled\b/;
/**
 * An error that leaves the sandbox of a workflow keeps nothing but its message and its stack. The stack begins with the
 * class of the error, or with the type of a failure of this package.
 */
const THROWN_IN_WORKFLOW = /^\w+(?=: )/;
const FAILURE_CLASSES = ['ApplicationFailure', 'CancelledFailure', 'ChildWorkflowFailure', 'ActivityFailure'];
/** Errors are looked at this deep, because Temporal wraps them. */
const MAX_CAUSES = 5;

/** Creates the logger of a worker process: one line per entry on standard error. */
export function createLogger({ logFormat = 'text', logLevel = 'INFO' }: LogOptions = {}): DefaultLogger {
  return new DefaultLogger(logLevel, (entry) => {
    if (!BUNDLE_STATISTICS.test(entry.message)) process.stderr.write(`${formatEntry(entry, logFormat)}\n`);
  });
}

/**
 * Formats an entry. A failure that this package documents, and a cancellation, is shown as type and message. Any other
 * error has its stack trace. The token that Temporal puts into lines about activities is left out: it is long,
 * and it is enough to complete the activity.
 */
export function formatEntry({ level, message, timestampNanos, meta = {} }: LogEntry, format: 'text' | 'json'): string {
  const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  const { error, taskToken: _secret, ...facts } = meta as Record<string, unknown>;
  const shown = error === undefined ? undefined : describeError(error);
  if (format === 'json') return JSON.stringify({ time, level, message, ...facts, error: shown }, withBigInts);
  const words = Object.keys(facts).length === 0 ? '' : ` ${inspect(facts, { breakLength: Infinity })}`;
  const reason = shown === undefined ? '' : `: ${shown.type}: ${shown.message}`;
  return `${time} [${level}] ${message}${reason}${words}${shown?.stack === undefined ? '' : `\n${shown.stack}`}`;
}

/** An error in a log line. */
interface ShownError {
  readonly type: string;
  readonly message: string;
  /** Absent for an expected failure. */
  readonly stack?: string;
}

function describeError(error: unknown): ShownError {
  const expected = causesOf(error).find(({ type, name }) => isDocumented(type) || name === 'CancelledFailure');
  if (expected !== undefined) {
    const type = isDocumented(expected.type) ? expected.type : 'cancelled';
    return { type, message: String(expected.message).replace(/\s+/g, ' ') };
  }
  if (!(error instanceof Error)) return { type: 'error', message: inspect(error) };
  const { name, message, stack = '' } = error;
  const [thrown = ''] = THROWN_IN_WORKFLOW.exec(stack) ?? [];
  if (isDocumented(thrown) || FAILURE_CLASSES.includes(thrown))
    return { type: thrown, message: message.replace(/\s+/g, ' ') };
  return { type: name, message, ...(stack !== '' && { stack }) };
}

function isDocumented(type: unknown): type is keyof typeof FAILURES {
  return typeof type === 'string' && Object.hasOwn(FAILURES, type);
}

function causesOf(error: unknown): readonly Readonly<Record<string, unknown>>[] {
  const chain: Record<string, unknown>[] = [];
  let current = error;
  while (typeof current === 'object' && current !== null && chain.length < MAX_CAUSES) {
    chain.push(current as Record<string, unknown>);
    current = (current as { cause?: unknown }).cause;
  }
  return chain;
}

/** JSON has no whole numbers of this type, which Temporal uses for times. */
function withBigInts(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
