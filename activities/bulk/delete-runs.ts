import { cancellationSignal, log } from '@temporalio/activity';
import { isDeletionWanted, type Ending } from '../../contract';
import { errorMessage } from '../../json';
import { createBatchStore, type BatchStore } from '../batch/batch-store';
import { segmentName } from '../batch/locations';
import { withHeartbeat } from '../heartbeat';
import type { DeleteRunsInput, GroupActivities } from '../types';
import { BULK_VERSION } from './bulk-version';
import { readPart, type GroupOutcome } from './group-log';
import { readSettings } from './group-objects';
import { inLanes } from './lanes';
import type { GroupOptions } from './open-group';
import { Pace, repeatAfter } from './repeat';

/** Deletions in flight at a time. */
const AT_ONCE = 8;

/**
 * Builds the activity that deletes runs and uploaded files at Extend, as the settings of a group require it. It deletes
 * only what the outcomes of one segment of the batch name, because another start of the batch does not need those runs. A
 * run that cannot be deleted does not keep the others from it; after a rate limit or a failure of Extend it is tried a few
 * times.
 *
 * @returns an activity that fails with `ResultStoreFailed`: final if there is no store or it refuses; else retried.
 */
export function createDeleteRuns({ extend, store }: GroupOptions): GroupActivities['deleteRuns'] {
  return async function deleteRuns(input) {
    await withHeartbeat(deleteEach(createBatchStore(store), input, extend));
  };
}

async function deleteEach(store: BatchStore, input: DeleteRunsInput, extend: GroupOptions['extend']): Promise<void> {
  const { place } = input.group;
  const { deleteRun } = await readSettings(store, input.group);
  const files = await readFiles(store, input);
  const api = extend.version(BULK_VERSION);
  const pace = new Pace();
  const signal = cancellationSignal();
  const send = (request: () => Promise<void>) =>
    repeatAfter(['RateLimited', 'Unavailable'], { purpose: 'delete', pace }, request);
  const outcomes = (await store.readIfThere(`${place.uri}/${segmentName(input.segment)}`)) ?? [];
  await inLanes(outcomes as readonly GroupOutcome[], AT_ONCE, async (outcome) => {
    if (!isDeletionWanted(deleteRun, endingOf(outcome))) return;
    const runId = runIdOf(outcome);
    const fileId = files.get(outcome.id);
    try {
      if (runId !== undefined) await send(() => api.deleteRun(runId, { signal }));
      if (fileId !== undefined) await send(() => api.deleteFile(fileId, { signal }));
    } catch (error) {
      signal.throwIfAborted();
      log.warn(`not deleted at Extend: ${errorMessage(error)}`, { parserRunId: runId });
    }
  });
}

/** Ids of the files that were uploaded for the documents of a group, by document. */
async function readFiles(store: BatchStore, { group, parts }: DeleteRunsInput): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const part of parts) {
    for (const line of (await readPart(store, group, part)) ?? []) {
      if (line.kind === 'file') files.set(line.id, line.fileId);
    }
  }
  return files;
}

/**
 * Gives the ending of a document of a group. The run of a document that was cancelled or left stays, because the next
 * start of the batch may continue with it. Pure.
 */
export function endingOf(outcome: GroupOutcome): Ending {
  if (outcome.status === 'processed') return 'succeeded';
  if (outcome.status !== 'failed') return 'undelivered';
  const { type, details } = outcome.failure;
  const { runId, status, runMayExist } = details;
  if (runMayExist === true) return 'undelivered';
  if (runId === undefined) return 'neverAccepted';
  if (type === 'ParserRunFailed') return 'failed';
  return type === 'ParseDeadlineExceeded' && status !== 'PROCESSED' ? 'overdue' : 'undelivered';
}

function runIdOf(outcome: GroupOutcome): string | undefined {
  if (outcome.status === 'processed') return outcome.result.runId;
  return outcome.status === 'failed' ? outcome.failure.details.runId : undefined;
}
