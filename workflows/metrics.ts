import { ApplicationFailure, isCancellation, metricMeter } from '@temporalio/workflow';
import { isFailureType, METRICS, type MetricLabels, type MetricNameOf } from '../contract';
import type { Job } from './job';

const MS_PER_SECOND = 1_000;

/**
 * Counts a document that has ended: without an error, or with this one. Like every metric of a workflow it is not
 * repeated by a replay and is no command: histories stay as they are.
 */
export function countDocument(error?: unknown): void {
  count('extend_parse_documents', { outcome: error === undefined ? 'Processed' : outcomeOf(error) });
}

/** Counts a submit by what came of it. */
export function countSubmit(outcome: 'accepted' | 'rejected' | 'refused' | 'ambiguous'): void {
  count('extend_parse_submits', { outcome });
}

/** Records how often a document that has ended was asked for. One that has no run was never. */
export function recordPolls({ engine, state: { polls, runId } }: Job): void {
  if (runId !== undefined) record('extend_parse_polls', polls, { engine });
}

/** Records how long after its end a run was noticed, where its beginning and its duration are known. */
export function recordDetection(
  { engine, state: { acceptedAtMs } }: Job,
  noticedAtMs: number,
  runMs: number | undefined,
): void {
  if (acceptedAtMs === undefined || runMs === undefined) return;
  const delayMs = Math.max(noticedAtMs - acceptedAtMs - runMs, 0);
  record('extend_parse_detection_delay_seconds', delayMs / MS_PER_SECOND, { engine });
}

function outcomeOf(error: unknown): string {
  if (isCancellation(error)) return 'Cancelled';
  const type = error instanceof ApplicationFailure ? error.type : undefined;
  return isFailureType(type) ? type : 'Unexpected';
}

function count<Name extends MetricNameOf<'counter'>>(name: Name, labels: MetricLabels<Name>): void {
  const { unit, meaning } = METRICS[name];
  metricMeter.createCounter(name, unit, meaning).add(1, labels);
}

function record<Name extends MetricNameOf<'histogram'>>(name: Name, value: number, labels: MetricLabels<Name>): void {
  const { unit, meaning } = METRICS[name];
  const valueType = unit === '1' ? 'int' : 'float';
  metricMeter.createHistogram(name, valueType, unit, meaning).record(value, labels);
}
