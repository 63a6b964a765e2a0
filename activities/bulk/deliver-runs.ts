import { cancellationSignal, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { classifyApiError, isFailureType, type DocumentFailure } from '../../contract';
import { ContractError, ParseApiError, type ListedRun } from '../../contract/extend';
import { defined, errorMessage } from '../../json';
import { redact } from '../../privacy';
import type { ExtendClient } from '../../http';
import { StoreRefusedError, type ResultStore } from '../../storage';
import { storeFailure } from '../store-failure';
import { StoreError, storeRun } from '../store-result';
import { toApplicationFailure } from '../to-application-failure';
import type { FetchedResult } from '../types';
import { BULK_VERSION } from './bulk-version';
import { inLanes } from './lanes';
import type { OpenGroup, StandingDocument } from './open-group';
import { Pace, repeatAfter } from './repeat';

/** Results that are stored at a time. Each holds a part of its content in memory only. */
const RESULTS_AT_ONCE = 8;
/** Time after which no further result is begun, so that the workflow learns the progress. In milliseconds. */
const STORING_MS = 60_000;
/** Time for which finished runs may lack their output before the failure is final, in milliseconds. */
const OUTPUT_GRACE_MS = 120_000;
/** Attempts in a row without a stored result after which a failure of the store is final, as for a single document. */
const MAX_STORE_FAILURES = 10;

/** A document whose run has ended. */
export interface EndedRunOf {
  readonly one: StandingDocument<'accepted'>;
  readonly run: ListedRun;
  /** Ids of other runs of the document. */
  readonly otherRuns: readonly string[];
}

/** The parts of a worker that store results. */
export interface DeliveryParts {
  readonly extend: ExtendClient;
  readonly store: ResultStore;
}

/**
 * Stores the results of documents whose runs have ended as PROCESSED, a few at a time, and records their outcomes. A result
 * that cannot be had now is left to the next attempt. After a cancellation no further result is begun.
 *
 * @throws ApplicationFailure, retried, if the store or Extend fails and no result could be stored
 */
export async function deliverRuns(group: OpenGroup, ended: readonly EndedRunOf[], parts: DeliveryParts): Promise<void> {
  const pace = new Pace();
  const startedAtMs = Date.now();
  const signal = cancellationSignal();
  let stored = 0;
  let failure: ApplicationFailure | undefined;
  await inLanes(
    ended,
    RESULTS_AT_ONCE,
    async (one) => {
      let result: FetchedResult;
      try {
        result = await storeInTurn(group, one.run.runId, parts, pace);
      } catch (error) {
        if (signal.aborted) return;
        const later = await afterFailure(group, one, error);
        failure ??= later;
        return;
      }
      await record(group, one, result);
      stored += 1;
    },
    () => !signal.aborted && Date.now() - startedAtMs < STORING_MS && (failure === undefined || stored > 0),
  );
  await group.log.flush();
  if (stored > 0) group.details.storeFailures = 0;
  if (stored > 0 || failure === undefined) return;
  group.details.storeFailures += 1;
  throw failure;
}

/** Stores a result. After a rate limit all lanes pause, and the result is tried again. */
async function storeInTurn(
  { details }: OpenGroup,
  runId: string,
  { extend, store }: DeliveryParts,
  pace: Pace,
): Promise<FetchedResult> {
  const api = extend.version(BULK_VERSION);
  const context = { runId, apiVersion: BULK_VERSION, extend, store, details } as const;
  const send = () => storeRun((options) => api.streamRun(runId, options), context);
  return repeatAfter(['RateLimited'], { purpose: 'read', pace }, send);
}

async function record(group: OpenGroup, { one, otherRuns }: EndedRunOf, fetched: FetchedResult): Promise<void> {
  const { document, standing } = one;
  const { output, ...facts } = fetched;
  const { polls, durationMs } = group.counters;
  const counters = { submits: standing.submits, polls, waitedMs: durationMs };
  const { isAdopted } = standing.entry;
  const others = otherRuns.length > 0 ? otherRuns : undefined;
  const result = { ...facts, ...counters, ...defined({ adopted: isAdopted, otherRuns: others }), output };
  await group.end({ status: 'processed', ...group.factsOf(document), result, polls, durationMs });
}

/** Records a result that cannot be had. @returns the failure if another attempt may succeed */
async function afterFailure(
  group: OpenGroup,
  { one, run }: EndedRunOf,
  error: unknown,
): Promise<ApplicationFailure | undefined> {
  const { runId } = run;
  const final = finalFailureOf(group, runId, error);
  if (final !== undefined) {
    await group.fail(one, final);
    return undefined;
  }
  // A run without its output keeps no other result from being stored.
  if (error instanceof ContractError) return undefined;
  if (error instanceof StoreError) return storeFailure(error.cause, { redact, runId });
  const failure = toApplicationFailure(error, { purpose: 'read', runId });
  if (!(failure instanceof ApplicationFailure)) throw failure;
  log.warn(`the result is not stored yet: ${errorMessage(failure)}`, { parserRunId: runId });
  return failure;
}

function finalFailureOf(
  group: OpenGroup,
  runId: string,
  error: unknown,
): Pick<DocumentFailure, 'type' | 'message' | 'details'> | undefined {
  if (error instanceof StoreError) {
    const isGivenUp = group.details.storeFailures >= MAX_STORE_FAILURES - 1;
    if (!(error.cause instanceof StoreRefusedError) && !isGivenUp) return undefined;
    const { message, details } = storeFailure(error.cause, { redact, runId });
    return { type: 'ResultStoreFailed', message, details: details?.[0] ?? {} };
  }
  if (error instanceof ContractError) {
    const sinceMs = (group.details.oddSinceMs[runId] ??= group.nowMs);
    if (group.nowMs - sinceMs < OUTPUT_GRACE_MS) return undefined;
    const message = `the finished run has no usable output: ${redact(error.message)} [runId=${runId}]`;
    return { type: 'ContractViolation', message, details: { runId } };
  }
  if (!(error instanceof ParseApiError)) return undefined;
  const type = classifyApiError(error, 'read');
  // An operator may correct the key or the base URL in the meantime.
  if (!isFailureType(type) || type === 'Unauthorized' || type === 'EndpointNotFound') return undefined;
  const { requestId, status, code } = error;
  return {
    type,
    message: `${error.message} [runId=${runId}]`,
    details: { runId, ...defined({ requestId, status, code }) },
  };
}
