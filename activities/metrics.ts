import { asyncLocalStorage } from '@temporalio/activity';
import type { MetricMeter } from '@temporalio/common';
import { METRICS, type MetricLabels, type MetricNameOf } from '../contract';
import type { EndedRequest } from '../http';

const MS_PER_SECOND = 1_000;

/** Records the outcome and the duration of a request to Extend that has ended. */
export function recordRequest({ operation, outcome, durationMs }: EndedRequest): void {
  const name = 'extend_parse_api_request_seconds';
  const { unit, meaning } = METRICS[name];
  const labels: MetricLabels<typeof name> = { operation, outcome };
  meter()
    ?.createHistogram(name, 'float', unit, meaning)
    .record(durationMs / MS_PER_SECOND, labels);
}

/** Counts bytes that were written to the result store. */
export function recordStored(bytes: number): void {
  count('extend_parse_stored_bytes', bytes, {});
}

/** Counts a bulk submit by its outcome. */
export function recordBulkSubmit(outcome: 'accepted' | 'rejected' | 'refused' | 'ambiguous'): void {
  count('extend_parse_submits', 1, { outcome });
}

/** Counts runs of a bulk submit that had no readable answer, and whose batch was found. */
export function recordAdoptedRuns(runs: number): void {
  count('extend_parse_adopted_runs', runs, {});
}

function count<Name extends MetricNameOf<'counter'>>(name: Name, by: number, labels: MetricLabels<Name>): void {
  const { unit, meaning } = METRICS[name];
  meter()?.createCounter(name, unit, meaning).add(by, labels);
}

/**
 * Gives the meter of the running activity.
 *
 * @returns undefined outside of an activity, for example when a store reads the stream later
 */
function meter(): MetricMeter | undefined {
  return asyncLocalStorage.getStore()?.metricMeter;
}
