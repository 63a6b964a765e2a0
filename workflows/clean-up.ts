import { CancellationScope, isCancellation, ApplicationFailure, log } from '@temporalio/workflow';
import type { DeleteRunInput } from '../activities/types';
import type { ParseInput } from '../contract';
import { deleteCall } from './activity-calls';
import { toActivityEnd } from './failures';
import type { Job, JobState } from './job';

/** How the job ended, as far as deleting is concerned. */
export type Ending = 'succeeded' | 'failed' | 'cancelled' | 'overdue' | 'neverAccepted' | 'undelivered';

/** Tells the ending from the error that ended the job. */
export function endingOf(error: unknown, state: JobState): Ending {
  // A submit without an answer may have made a run that nobody knows the id of.
  if (state.runId === undefined) return state.submits === 0 ? 'neverAccepted' : 'undelivered';
  if (isCancellation(error)) return 'cancelled';
  const type = error instanceof ApplicationFailure ? error.type : undefined;
  if (type === 'ParserRunFailed') return 'failed';
  return type === 'ParseDeadlineExceeded' && state.status !== 'PROCESSED' ? 'overdue' : 'undelivered';
}

/**
 * What is deleted at Extend, by the setting and the ending. A paid result that was not delivered is never deleted, nor a
 * file that a run of unknown id may need; a file that is not this workflow's own never comes here.
 */
export function whatToDelete(
  setting: NonNullable<ParseInput['deleteRun']>,
  ending: Ending,
  { runId, uploadedFileId }: Pick<JobState, 'runId' | 'uploadedFileId'>,
): DeleteRunInput | undefined {
  const wanted = setting === 'always' ? ending !== 'undelivered' : setting === 'afterSuccess' && ending === 'succeeded';
  if (!wanted || (runId === undefined && uploadedFileId === undefined)) return undefined;
  return { ...(runId !== undefined && { runId }), ...(uploadedFileId !== undefined && { fileId: uploadedFileId }) };
}

/** Deletes what is to be deleted. Best effort, bounded in time, and never the reason of a failure. */
export async function cleanUp(job: Job, ending: Ending): Promise<void> {
  const input = whatToDelete(job.deleteRun, ending, job.state);
  if (input === undefined) return;
  job.update({ phase: 'cleaning' });
  try {
    await CancellationScope.nonCancellable(() => deleteCall(job).deleteRun(input));
  } catch (error) {
    log.warn(`not deleted at Extend: ${toActivityEnd(error).message}`, job.logAttributes);
  }
}
