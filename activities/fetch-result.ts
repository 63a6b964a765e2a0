import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { ApplicationFailure } from '@temporalio/common';
import { ContractError, type ParserRun } from '../contract/extend';
import { BodyTooLargeError, type ExtendClient } from '../http';
import { defined } from '../json';
import { logLeftOut, noOutputYet, toRunSummary, type RunSummaryContext } from './to-run-summary';
import { withHeartbeat } from './heartbeat';
import { finalFailure, toApplicationFailure } from './to-application-failure';
import type { FetchedResult, FetchResultInput, ParseActivities } from './types';
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
  const maxBodyBytes = maxInlineBytes * BODY_BYTES_PER_RESULT_BYTE;
  return async function fetchResult(input) {
    const { runId } = input;
    const api = apiOf(extend, input);
    try {
      const collected = await withHeartbeat(api.readRun(runId, { maxBodyBytes, signal: cancellationSignal() }));
      const leftOut = new Set<string>();
      const run = collected.decode((field) => leftOut.add(field));
      const result = toResult(run, { runId, apiVersion: api.apiVersion, redactor: extend.redactor });
      checkSize(result, input, maxInlineBytes);
      logLeftOut(runId, leftOut);
      return result;
    } catch (error) {
      if (error instanceof BodyTooLargeError) throw tooLarge(runId, `more than ${maxBodyBytes}`, maxInlineBytes);
      if (error instanceof ContractError) throw noOutputYet(error, input, extend.redactor);
      throw toApplicationFailure(error, { ...input, purpose: 'read' });
    }
  };
}

function toResult(run: ParserRun, context: RunSummaryContext): FetchedResult {
  const { chunks, ocr, output } = run;
  const facts = defined({ ocr: ocr ?? undefined, metadata: output?.metadata ?? undefined });
  return { ...toRunSummary(run, context), output: { kind: 'inline', chunks, ...facts } };
}

function checkSize(result: FetchedResult, { counters }: FetchResultInput, maxInlineBytes: number): void {
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
