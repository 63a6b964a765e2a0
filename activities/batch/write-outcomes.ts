import { getClient, log } from '@temporalio/activity';
import type { DocumentOutcome } from '../../contract';
import { errorMessage } from '../../json';
import { redact } from '../../privacy';
import { withHeartbeat } from '../heartbeat';
import type { ParseActivities, WriteOutcomesInput } from '../types';
import { createBatchStore, type BatchStore, type BatchStoreOptions } from './batch-store';
import { eachOf, earlierOf } from './follow-documents';
import { pageUris, segmentName } from './locations';

/** Ends of a workflow from outside. Its failure does not name the run. */
const ENDED_FROM_OUTSIDE = new Set(['Cancelled', 'Terminated', 'TimedOut']);

/**
 * Builds the activity that writes one segment of outcomes. The segment depends on the activity's input alone, so a
 * repeat writes the same object, and so does an attempt that goes on after Temporal gave it up. The run id of a document
 * that was ended from outside is read from the history of its workflow. With the last segment the activity deletes the
 * batch's pages.
 *
 * @returns An activity that fails with `ResultStoreFailed`: final if the store refuses, else retried.
 */
export function createWriteOutcomes({ store }: BatchStoreOptions): ParseActivities['writeOutcomes'] {
  return async function writeOutcomes(input) {
    await withHeartbeat(write(createBatchStore(store), input));
  };
}

async function write(store: BatchStore, input: WriteOutcomesInput): Promise<void> {
  const { place: location, segment, outcomes, deletePages = 0 } = input;
  if (outcomes.length > 0) {
    await store.write(`${location.directory}/${segmentName(segment)}`, await eachOf(outcomes, withRunId));
  }
  await store.remove(pageUris(location, deletePages));
}

async function withRunId(outcome: DocumentOutcome): Promise<DocumentOutcome> {
  if (outcome.status === 'cancelled' || outcome.status === 'left') {
    const runId = await runIdOf(outcome.workflowId);
    return runId === undefined ? outcome : { ...outcome, runId };
  }
  if (outcome.status !== 'failed' || !ENDED_FROM_OUTSIDE.has(outcome.failure.type)) return outcome;
  const runId = outcome.failure.details.runId ?? (await runIdOf(outcome.workflowId));
  if (runId === undefined) return outcome;
  return { ...outcome, failure: { ...outcome.failure, details: { ...outcome.failure.details, runId } } };
}

/** Reads the last run of a document. @returns undefined if there is none, or if Temporal does not tell */
async function runIdOf(workflowId: string): Promise<string | undefined> {
  try {
    const { lastRunId } = await earlierOf(getClient().workflow.getHandle(workflowId));
    return lastRunId;
  } catch (error) {
    log.warn('the outcome of a document lacks its run id', { workflowId, reason: redact(errorMessage(error)) });
    return undefined;
  }
}
