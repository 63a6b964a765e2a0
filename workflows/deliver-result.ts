import type { FetchedResult, ResultCounters } from '../activities/types';
import type { ParseResult } from '../contract';
import { defined } from '../json';
import { recordDetection } from './metrics';
import type { ParseContext } from './open-parse';
import type { ProcessedRun } from './parse-state';

/** Minimum time limit of a fetch: a run that ended in time is fetched even if the deadline passes meanwhile. In milliseconds. */
const MIN_FETCH_MS = 30_000;

type DeliverContext = Pick<ParseContext, 'settings' | 'calls' | 'clock' | 'journal'>;

/** Makes the result of the workflow. The poll that saw the end has brought the content, or it is fetched here. */
export async function deliverResult(context: DeliverContext, run: ProcessedRun): Promise<ParseResult> {
  const { settings, clock, journal } = context;
  const { acceptedAtMs, delivered } = run;
  const { submits, polls, adopted, otherRuns } = journal.state;
  const noticedAtMs = Date.now() - (delivered?.tookMs ?? 0);
  const counters = { submits, polls, waitedMs: clock.elapsedMs };
  const { output, ...facts } = delivered?.result ?? (await fetchResult(context, run, counters));
  recordDetection(settings.polling.engine, noticedAtMs, defined({ acceptedAtMs, runMs: facts.processingTimeMs }));
  return { ...facts, ...counters, ...defined({ adopted, otherRuns }), output };
}

/** Fetches the result of the run, or has a worker store it. */
async function fetchResult(
  { settings, calls, clock, journal }: DeliverContext,
  run: ProcessedRun,
  counters: ResultCounters,
): Promise<FetchedResult> {
  journal.enter({ phase: 'fetching', run });
  const { runId, apiVersion, acceptedAtMs } = run;
  const isStored = settings.result === 'stored';
  const summary = isStored ? 'store result' : 'fetch result';
  const activities = calls.fetch(summary, Math.max(clock.remainingMs, MIN_FETCH_MS));
  const input = defined({ runId, apiVersion, noticedAtMs: Date.now(), acceptedAtMs });
  return isStored ? activities.storeResult(input) : activities.fetchResult({ ...input, counters });
}
