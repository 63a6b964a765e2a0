import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import { ContractError, type ApiVersion, type ParserRun } from '../contract/extend';
import { BodyTooLargeError, type ExtendClient, type PolledRun } from '../http';
import { defined } from '../json';
import { logLeftOut, noOutputYet, toRunSummary, type RunSummaryContext } from './to-run-summary';
import { withHeartbeat } from './heartbeat';
import { finalFailure, toApplicationFailure } from './to-application-failure';
import type { FetchedResult, ParseActivities, ResultCounters } from './types';
import { apiOf } from './version-of';

/**
 * Limit of the answer per byte of the result. JSON may escape each character, and the answer also contains the
 * configuration.
 */
const BODY_BYTES_PER_RESULT_BYTE = 8;

/** Settings of {@link createFetchResult}. */
export interface FetchResultOptions {
  /** Extend's API. */
  readonly extend: ExtendClient;
  /** Limit of the whole workflow result as UTF-8 JSON, in bytes. */
  readonly maxInlineBytes: number;
}

/**
 * Builds the activity that fetches a finished run and returns the workflow's result without its counters. The activity
 * measures the size of the result, because Temporal would endlessly retry an activity whose result is too large.
 *
 * @returns an activity that fails with one of these types:
 *  - `ResultTooLarge`: final; the run is kept at Extend.
 *  - `ContractViolation`: for two minutes the run had no output, or an output that breaks the contract; final.
 *  - `RateLimited`, `Unavailable`, `Unauthorized`, `EndpointNotFound`: retried.
 *  - `ParserRunNotFound`, `OutOfCredits`, `RequestRejected`, `ApiVersionRemoved`: final.
 */
export function createFetchResult({ extend, maxInlineBytes }: FetchResultOptions): ParseActivities['fetchResult'] {
  return async function fetchResult(input) {
    const { runId, counters } = input;
    const api = apiOf(extend, input);
    const read: PolledRun['read'] = (options) => api.readRun(runId, options);
    try {
      return await fetchInline(read, { ...input, counters, extend, maxInlineBytes, apiVersion: api.apiVersion });
    } catch (error) {
      if (error instanceof ContractError) throw noOutputYet(error, input, extend.redactor);
      throw toApplicationFailure(error, { ...input, purpose: 'read' });
    }
  };
}

/** Facts that {@link fetchInline} needs beside the run's content. */
export interface FetchInlineContext extends FetchResultOptions {
  readonly runId: string;
  /** Version of the API in which the run is fetched. */
  readonly apiVersion: ApiVersion;
  /** Counters that become part of the result. */
  readonly counters: ResultCounters;
}

/** Gives the largest answer that may have an inline result of this size, in bytes. */
export function maxBodyBytesOf(maxInlineBytes: number): number {
  return maxInlineBytes * BODY_BYTES_PER_RESULT_BYTE;
}

/**
 * Reads the content of a finished run, and makes the workflow's result of it.
 *
 * @throws ApplicationFailure `ResultTooLarge`; ContractError if the run has no usable output; the errors of `read`
 */
export async function fetchInline(read: PolledRun['read'], context: FetchInlineContext): Promise<FetchedResult> {
  const { runId, apiVersion, extend, maxInlineBytes, counters } = context;
  const maxBodyBytes = maxBodyBytesOf(maxInlineBytes);
  try {
    const collected = await withHeartbeat(read({ maxBodyBytes, signal: cancellationSignal() }));
    const leftOut = new Set<string>();
    const run = collected.decode((field) => leftOut.add(field));
    const result = toResult(run, { runId, apiVersion, redactor: extend.redactor });
    checkSize(result, counters, maxInlineBytes);
    logLeftOut(runId, leftOut);
    return result;
  } catch (error) {
    if (error instanceof BodyTooLargeError) throw tooLarge(runId, `more than ${maxBodyBytes}`, maxInlineBytes);
    throw error;
  }
}

function toResult(run: ParserRun, context: RunSummaryContext): FetchedResult {
  const { chunks, ocr, output } = run;
  const facts = defined({ ocr: ocr ?? undefined, metadata: output?.metadata ?? undefined });
  return { ...toRunSummary(run, context), output: { kind: 'inline', chunks, ...facts } };
}

function checkSize(result: FetchedResult, counters: ResultCounters, maxInlineBytes: number): void {
  const bytes = Buffer.byteLength(JSON.stringify({ ...result, ...counters }));
  if (bytes > maxInlineBytes) throw tooLarge(result.runId, String(bytes), maxInlineBytes);
}

function tooLarge(runId: string, bytes: string, limitBytes: number): ApplicationFailure {
  return finalFailure(
    'ResultTooLarge',
    `the result has ${bytes} bytes, the limit of an inline result is ${limitBytes} bytes: ` +
      "attach to this run with result: 'stored', or raise the worker's maxInlineBytes",
    { runId, attempts: activityInfo().attempt },
  );
}
