import { continueAsNew, ContinueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import type { ParseInput, ParseResult } from '../api';
import { cleanUp, endingOf } from './clean-up';
import { runFailed, toFinalFailure } from './failures';
import { fetchRun } from './fetch-run';
import type { Job, JobState } from './job';
import { countDocument, recordPolls } from './metrics';
import { progressQuery, runFinishedSignal } from './messages';
import { openJob } from './open-job';
import { submitDocument } from './submit';
import { tellEnd, tellProgress } from './tell-temporal';
import { waitForRun } from './wait-for-run';

/**
 * Parses one document with Extend: submits it, waits for the run with durable timers and backoff, and returns the
 * result. It ends with its result or with one typed failure that carries the run id.
 *
 * @param carried state that the workflow hands itself when it continues as new; leave it out.
 * @throws ApplicationFailure, non-retryable, of one of the final types of `FAILURES`.
 */
export async function parseDocument(input: ParseInput, carried?: JobState): Promise<ParseResult> {
  const job = openJob(input, carried ?? { startedAtMs: workflowInfo().startTime.getTime() }, {
    onProgress: tellProgress,
    onEnd: tellEnd,
    renew: async (state) => {
      if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof parseDocument>(input, state);
    },
  });
  setHandler(progressQuery, () => job.progress);
  setHandler(runFinishedSignal, job.wake.request);
  return runJob(job);
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
  countDocument(failure);
  recordPolls(job);
  job.surroundings.onEnd?.(job.progress, failure);
}
