import { activityInfo, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { RunSummary } from '../contract';
import type { ContractError, ParserRunFacts } from '../contract/extend';
import type { Redactor } from '../privacy';
import type { StoreResultInput } from './types';

/** How long a finished run may lack its output before that is final. In milliseconds. */
const OUTPUT_GRACE_MS = 120_000;
const OUTPUT_RETRY_DELAY_MS = 5_000;
const MAX_FIELDS_NAMED = 20;

/** Settings of {@link toRunSummary}. */
export interface RunSummaryContext {
  /** The id that was asked for. The result has it, whatever id the answer repeats. */
  readonly runId: string;
  /** Knows the API key: a file id that repeats it is left out. */
  readonly redactor: Redactor;
}

/** Makes the part of the workflow's result that is the same for inline and stored content. */
export function toRunSummary(
  { fileId, metrics, usage }: ParserRunFacts,
  { runId, redactor }: RunSummaryContext,
): RunSummary {
  const { pageCount, processingTimeMs } = metrics ?? {};
  return {
    runId,
    ...(fileId !== undefined && !redactor.holdsSecret(fileId) && { fileId }),
    ...(pageCount !== undefined && { pageCount }),
    ...(processingTimeMs !== undefined && { processingTimeMs }),
    ...(typeof usage?.credits === 'number' && { credits: usage.credits }),
  };
}

/** Writes one log line that names the fields which the result lacks because of their type. It never shows their values. */
export function logLeftOut(parserRunId: string, fields: ReadonlySet<string>): void {
  if (fields.size === 0) return;
  log.warn('Extend sent fields that are missing or of another type than documented: the result is without them', {
    parserRunId,
    fields: [...fields].slice(0, MAX_FIELDS_NAMED),
  });
}

/** Makes the failure of a run without usable output: a PROCESSED run may lack it for a moment, so it is final only later. */
export function noOutputYet(
  error: ContractError,
  { runId, noticedAtMs }: StoreResultInput,
  redactor: Redactor,
): ApplicationFailure {
  const { attempt, currentAttemptScheduledTimestampMs } = activityInfo();
  const lastsMs = currentAttemptScheduledTimestampMs - noticedAtMs;
  return ApplicationFailure.create({
    type: 'ContractViolation',
    message: `the finished run has no usable output: ${redactor.text(error.message)} [runId=${runId}, attempt=${attempt}]`,
    nonRetryable: lastsMs >= OUTPUT_GRACE_MS,
    nextRetryDelay: OUTPUT_RETRY_DELAY_MS,
    details: [{ runId, attempts: attempt }],
  });
}
