import type { ParseResult } from '../contract';
import { fetchCall } from './activity-calls';
import type { Job } from './job';
import { recordDetection } from './metrics';

/** A run that has ended in time is fetched even if the deadline passes meanwhile; this long at least. In milliseconds. */
const MIN_FETCH_MS = 30_000;

/** Fetches the finished run, or has it stored, and makes it the workflow's result. */
export async function fetchRun(job: Job): Promise<ParseResult> {
  job.update({ phase: 'fetching' });
  const { runId = '', acceptedAtMs, submits, polls, startedAtMs } = job.state;
  const noticedAtMs = Date.now();
  const counters = { submits, polls, waitedMs: noticedAtMs - startedAtMs };
  const stored = job.input.result === 'stored';
  const summary = stored ? 'store result' : 'fetch result';
  const { fetchResult, storeResult } = fetchCall(job, summary, Math.max(job.remainingMs, MIN_FETCH_MS));
  const run = { runId, noticedAtMs, ...(acceptedAtMs !== undefined && { acceptedAtMs }) };
  const fetched = stored ? storeResult(run) : fetchResult({ ...run, counters });
  const { output, ...facts } = await fetched;
  recordDetection(job, noticedAtMs, facts.processingTimeMs);
  return { ...facts, ...counters, output };
}
