import type { ParseResult } from '../contract';
import { defined } from '../json';
import { recordDetection } from './metrics';
import type { ParseContext } from './open-parse';
import type { ProcessedRun } from './parse-state';

/** Minimum time limit of a fetch: a run that ended in time is fetched even if the deadline passes meanwhile. In milliseconds. */
const MIN_FETCH_MS = 30_000;

type DeliverContext = Pick<ParseContext, 'settings' | 'calls' | 'clock' | 'journal'>;

/** Fetches the result of the run, or has a worker store it, and makes it the result of the workflow. */
export async function deliverResult(context: DeliverContext, run: ProcessedRun): Promise<ParseResult> {
  const { settings, calls, clock, journal } = context;
  journal.enter({ phase: 'fetching', run });
  const { runId, apiVersion, acceptedAtMs } = run;
  const { submits, polls } = journal.state;
  const noticedAtMs = Date.now();
  const counters = { submits, polls, waitedMs: clock.elapsedMs };
  const isStored = settings.result === 'stored';
  const summary = isStored ? 'store result' : 'fetch result';
  const { fetchResult, storeResult } = calls.fetch(summary, Math.max(clock.remainingMs, MIN_FETCH_MS));
  const input = defined({ runId, apiVersion, noticedAtMs, acceptedAtMs });
  const { output, ...facts } = await (isStored ? storeResult(input) : fetchResult({ ...input, counters }));
  recordDetection(settings.polling.engine, noticedAtMs, defined({ acceptedAtMs, runMs: facts.processingTimeMs }));
  return { ...facts, ...counters, output };
}
