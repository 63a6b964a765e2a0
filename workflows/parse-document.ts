import { continueAsNew, ContinueAsNew, patched, setHandler, workflowInfo } from '@temporalio/workflow';
import type { ParseInput, ParseResult } from '../contract';
import { cleanUp, endingOf } from './clean-up';
import { runFailed, toFinalFailure } from './failures';
import { fetchRun } from './fetch-run';
import type { Job, JobState } from './job';
import { countDocument, recordPolls } from './metrics';
import { progressQuery, runFinishedSignal } from './messages';
import { openJob, refusedProgress } from './open-job';
import { submitDocument } from './submit';
import { tellEnd, tellProgress } from './tell-temporal';
import { waitForRun } from './wait-for-run';

/** Patch id. Version 0.1.0 counted the deadline from the start, also with a `startDelay`. */
const DEADLINE_AFTER_START_DELAY = 'deadline-after-start-delay';

/**
 * Parses one document with Extend: submits it, waits for the run with durable timers and backoff, and returns the
 * result. It ends with its result or with one typed failure that carries the run id.
 *
 * @param carried state that the workflow hands itself when it continues as new; leave it out.
 * @throws ApplicationFailure, non-retryable, of one of the final types of `FAILURES`.
 */
export async function parseDocument(input: ParseInput, carried?: JobState): Promise<ParseResult> {
  const startedAtMs = carried?.startedAtMs ?? firstTaskDueMs();
  let opened: Job | undefined;
  setHandler(progressQuery, () => opened?.progress ?? refusedProgress(input, startedAtMs));
  const job = (opened = openJob(input, carried ?? { startedAtMs }, {
    onProgress: (progress) => tellProgress(input, progress),
    onEnd: (progress, failure) => tellEnd(input, progress, failure),
    renew: async (state) => {
      if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof parseDocument>(input, state);
    },
  }));
  setHandler(runFinishedSignal, job.wake.request);
  return runJob(job);
}

/**
 * When the first workflow task of the execution was due, epoch milliseconds: the deadline counts from then. The SDK gives
 * the time between the start and that task under this name for every `startDelay`, not only for cron schedules.
 */
function firstTaskDueMs(): number {
  const { startTime, cronScheduleToScheduleInterval: startDelayMs = 0 } = workflowInfo();
  const countsDelay = startDelayMs > 0 && !patched(DEADLINE_AFTER_START_DELAY);
  return startTime.getTime() + (countsDelay ? 0 : startDelayMs);
}

/** The whole way of a document, in `parseDocument` and in workflows that embed it. */
export async function runJob(job: Job): Promise<ParseResult> {
  try {
    if (job.state.runId === undefined) await submitDocument(job);
    await waitForRun(job);
    if (job.state.status !== 'PROCESSED') throw runFailed(job);
    const result = await fetchRun(job);
    await cleanUp(job, 'succeeded');
    end(job);
    return result;
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    const failure = toFinalFailure(job, error);
    await cleanUp(job, endingOf(failure, job.state));
    end(job, failure);
    throw failure;
  }
}

function end(job: Job, failure?: unknown): void {
  // A user's `onProgress` may issue commands: one more call would break the histories of version 0.1.0.
  if (job.surroundings.onEnd) job.update({ phase: 'ended' });
  countDocument(failure);
  recordPolls(job);
  job.surroundings.onEnd?.(job.progress, failure);
}
