import { getClient, log } from '@temporalio/activity';
import type { DocumentOutcome } from '../../contract';
import { defined, errorMessage } from '../../json';
import { redact } from '../../privacy';
import { withHeartbeat } from '../heartbeat';
import type { ParseActivities, WriteOutcomesInput } from '../types';
import { createBatchStore, type BatchStore, type BatchStoreOptions } from './batch-store';
import { documentsUris } from '../bulk/group-objects';
import { eachOf, earlierOf } from './follow-documents';
import { pageUris, segmentName } from './locations';

/** Ends of a workflow from outside. Its failure does not name the run. */
const ENDED_FROM_OUTSIDE = new Set(['Cancelled', 'Terminated', 'TimedOut']);

/**
 * Builds the activity that writes one segment of outcomes. The segment depends on the activity's input alone, so a
 * repeat writes the same object, and so does an attempt that goes on after Temporal gave it up. The run id of a document
 * that was ended from outside is read from the history of its workflow. With the last segment the activity deletes the
 * batch's pages, and the documents of its groups.
 *
 * @returns An activity that fails with `ResultStoreFailed`: final if the store refuses, else retried.
 */
export function createWriteOutcomes({ store }: BatchStoreOptions): ParseActivities['writeOutcomes'] {
  return async function writeOutcomes(input) {
    await withHeartbeat(write(createBatchStore(store), input));
  };
}

async function write(store: BatchStore, input: WriteOutcomesInput): Promise<void> {
  const { place: location, segment, outcomes, deletePages = 0, deleteGroups = 0 } = input;
  if (outcomes.length > 0) {
    await store.write(`${location.directory}/${segmentName(segment)}`, await eachOf(outcomes, withRun));
  }
  await store.remove([...pageUris(location, deletePages), ...documentsUris(location, deleteGroups)]);
}

async function withRun(outcome: DocumentOutcome): Promise<DocumentOutcome> {
  if (outcome.status === 'cancelled' || outcome.status === 'left') {
    return { ...outcome, ...(await runFactsOf(outcome.workflowId)) };
  }
  if (outcome.status !== 'failed' || !ENDED_FROM_OUTSIDE.has(outcome.failure.type)) return outcome;
  const { failure, workflowId } = outcome;
  return { ...outcome, failure: { ...failure, details: { ...(await runFactsOf(workflowId)), ...failure.details } } };
}

/** Facts of an outcome about the runs of its document. */
type RunFacts = Pick<Extract<DocumentOutcome, { status: 'cancelled' | 'left' }>, 'runId' | 'submits' | 'runMayExist'>;

/** Reads what the next start must know about the runs of a document. @returns nothing if Temporal does not tell */
async function runFactsOf(workflowId: string): Promise<RunFacts> {
  try {
    const earlier = await earlierOf(getClient().workflow.getHandle(workflowId));
    const { lastRunId: runId, submits, lost = [], runMayExist } = earlier;
    return { submits, ...defined({ runId, runMayExist: lost.length > 0 ? true : runMayExist }) };
  } catch (error) {
    log.warn('the outcome of a document lacks its run id', { workflowId, reason: redact(errorMessage(error)) });
    return {};
  }
}
