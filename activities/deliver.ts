import { cancellationSignal, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ApiVersion } from '../contract/extend';
import type { ExtendClient, PolledRun } from '../http';
import { errorMessage } from '../json';
import type { ResultStore } from '../storage';
import { fetchInline } from './fetch-result';
import { storeFailure } from './store-failure';
import { StoreError, storeRun } from './store-result';
import type { DeliveredResult, FetchedResult, GetStatusInput, ResultCounters } from './types';

/** Settings of {@link deliver}. */
export interface DeliverOptions {
  /** Extend's API. */
  readonly extend: ExtendClient;
  /** Limit of the whole workflow result as UTF-8 JSON, in bytes. */
  readonly maxInlineBytes: number;
  /** Store of the results. @default none */
  readonly store?: ResultStore | undefined;
}

/** A finished run, as the poll has found it. */
export interface FinishedRun {
  readonly runId: string;
  readonly polled: PolledRun;
  /** Version of the API in which the run was polled. */
  readonly apiVersion: ApiVersion;
  readonly form: NonNullable<GetStatusInput['deliver']>;
  /** Heartbeat details for the next attempt. */
  readonly details: object;
}

/** The poll does not know the counters of the workflow. Their largest values are used to measure the size of the result. */
const LARGEST: ResultCounters = {
  submits: Number.MAX_SAFE_INTEGER,
  polls: Number.MAX_SAFE_INTEGER,
  waitedMs: Number.MAX_SAFE_INTEGER,
};

/**
 * Brings the result of a finished run in the attempt that has found its end.
 *
 * @returns undefined after a failure that another attempt may correct: then an activity of its own tries again
 * @throws ApplicationFailure, final: `ResultTooLarge`, or `ResultStoreFailed` if the store refuses
 */
export async function deliver(run: FinishedRun, options: DeliverOptions): Promise<DeliveredResult | undefined> {
  const startedAtMs = performance.now();
  try {
    const result = await resultOf(run, options);
    return result && { result, tookMs: Math.round(performance.now() - startedAtMs) };
  } catch (error) {
    cancellationSignal().throwIfAborted();
    const { redactor } = options.extend;
    const redact = (text: string) => redactor.text(text);
    const failure = error instanceof StoreError ? storeFailure(error.cause, { redact, runId: run.runId }) : error;
    if (failure instanceof ApplicationFailure && failure.nonRetryable) throw failure;
    const reason = redactor.text(errorMessage(failure));
    log.warn(`the poll has not brought the result: ${reason}`, { parserRunId: run.runId });
    return undefined;
  }
}

async function resultOf(
  { runId, polled, apiVersion, form, details }: FinishedRun,
  { extend, maxInlineBytes, store }: DeliverOptions,
): Promise<FetchedResult | undefined> {
  if (form === 'inline') {
    const read: PolledRun['read'] = (options) => polled.read(options);
    return fetchInline(read, { runId, apiVersion, extend, maxInlineBytes, counters: LARGEST });
  }
  if (store === undefined) return undefined;
  return storeRun((options) => polled.stream(options), { runId, apiVersion, extend, store, details });
}
