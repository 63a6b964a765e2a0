import { ApplicationFailure, isCancellation, metricMeter } from '@temporalio/workflow';
import { isFailureType, METRICS, type MetricLabels, type MetricNameOf, type PollEngine } from '../contract';
import type { ParseState } from './parse-state';

const MS_PER_SECOND = 1_000;

/**
 * Counts a document that has ended, without an error or with this one. Like every metric of a workflow, the count is not
 * repeated by a replay and is no command, so histories do not depend on it.
 */
export function countDocument(error?: unknown): void {
  count('extend_parse_documents', { outcome: error === undefined ? 'Processed' : outcomeOf(error) });
}

/** Counts documents of a group that have ended, by their outcomes. */
export function countDocuments(ended: Readonly<Record<string, number>>): void {
  const name = 'extend_parse_documents';
  const { unit, meaning } = METRICS[name];
  const counter = metricMeter.createCounter(name, unit, meaning);
  for (const [outcome, documents] of Object.entries(ended)) counter.add(documents, { outcome });
}

/** Counts a submit by its outcome. */
export function countSubmit(outcome: 'accepted' | 'rejected' | 'refused' | 'ambiguous'): void {
  count('extend_parse_submits', { outcome });
}

/** Counts a run whose submit had no readable answer, and which was found. */
export function countAdoptedRun(): void {
  count('extend_parse_adopted_runs', {});
}

/** Counts further runs of a document. */
export function countDuplicateRuns(runs: number): void {
  const name = 'extend_parse_duplicate_runs';
  const { unit, meaning } = METRICS[name];
  metricMeter.createCounter(name, unit, meaning).add(runs);
}

/** Records the polls of a document that has ended. A document without a run was never polled. */
export function recordPolls(engine: PollEngine, { run, polls }: ParseState): void {
  if (run !== undefined) record('extend_parse_polls', polls, { engine });
}

/** Records the time between the end of a run and the poll that noticed it, if the run's start and duration are known. */
export function recordDetection(
  engine: PollEngine,
  noticedAtMs: number,
  { acceptedAtMs, runMs }: { readonly acceptedAtMs?: number; readonly runMs?: number },
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
