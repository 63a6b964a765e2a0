import { asyncLocalStorage } from '@temporalio/activity';
import type { MetricMeter } from '@temporalio/common';
import { METRICS, type MetricLabels, type MetricName } from '../contract';
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
  const name: MetricName = 'extend_parse_stored_bytes';
  const { unit, meaning } = METRICS[name];
  meter()?.createCounter(name, unit, meaning).add(bytes);
}

/**
 * Gives the meter of the running activity.
 *
 * @returns undefined outside of an activity, for example when a store reads the stream later
 */
function meter(): MetricMeter | undefined {
  return asyncLocalStorage.getStore()?.metricMeter;
}
