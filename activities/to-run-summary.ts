import { activityInfo, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { RunSummary } from '../contract';
import type { ApiVersion, ContractError, ParserRunFacts, RunMetadata } from '../contract/extend';
import { defined } from '../json';
import type { Redactor } from '../privacy';
import type { StoreResultInput } from './types';

/** Time for which a finished run may lack its output before the failure is final, in milliseconds. */
const OUTPUT_GRACE_MS = 120_000;
const OUTPUT_RETRY_DELAY_MS = 5_000;
const MAX_FIELDS_NAMED = 20;

/** Settings of {@link toRunSummary}. */
export interface RunSummaryContext {
  /** Run id of the request. The result has this id, also if the answer contains another one. */
  readonly runId: string;
  /** Version of the API in which the run was fetched. */
  readonly apiVersion: ApiVersion;
  /** Redactor that knows the API key. A file id that repeats the key is left out. */
  readonly redactor: Redactor;
}

/** Makes the part of the workflow's result that is the same for inline and stored results. */
export function toRunSummary(
  { fileId, metrics, usage, metadata }: ParserRunFacts,
  { runId, apiVersion, redactor }: RunSummaryContext,
): RunSummary {
  const { pageCount, processingTimeMs } = metrics ?? {};
  const safeFileId = fileId === undefined || redactor.holdsSecret(fileId) ? undefined : fileId;
  return {
    runId,
    apiVersion,
    ...defined({
      fileId: safeFileId,
      pageCount,
      processingTimeMs,
      credits: usage?.credits ?? undefined,
      metadata: metadata ? withoutOwn(metadata) : undefined,
    }),
  };
}

/** Gives the metadata without the member of this package; `undefined` if nothing is left. */
function withoutOwn({ temporal: _, ...metadata }: RunMetadata): RunMetadata | undefined {
  return Object.keys(metadata).length === 0 ? undefined : metadata;
}

/**
 * Writes one log line that names the fields which the result lacks because of their type. The line never shows values.
 */
export function logLeftOut(parserRunId: string, fields: ReadonlySet<string>): void {
  if (fields.size === 0) return;
  log.warn('Extend omitted fields or sent another type than documented: the result does not contain these fields', {
    parserRunId,
    fields: [...fields].slice(0, MAX_FIELDS_NAMED),
  });
}

/**
 * Makes the failure of a finished run without usable output. At first it is retried, because a PROCESSED run may lack
 * its output for a moment.
 */
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
