import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ContractError, ParserRunFacts, Redactor, RunSummary } from '../api';
import type { StoreResultInput } from './types';

/** How long a finished run may lack its output before that is final. In milliseconds. */
const OUTPUT_GRACE_MS = 120_000;
const OUTPUT_RETRY_DELAY_MS = 5_000;

/** What the workflow's result says of a run, whether its content is inline or stored. */
export function toRunSummary({ id, fileId, metrics, usage }: ParserRunFacts): RunSummary {
  return {
    runId: id,
    fileId,
    pageCount: metrics.pageCount,
    processingTimeMs: metrics.processingTimeMs,
    ...(typeof usage?.credits === 'number' && { credits: usage.credits }),
  };
}

/** A run that is PROCESSED may lack its output for a moment; only when that lasts it is a breach of the contract. */
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
