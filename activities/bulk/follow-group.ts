import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { nextDelayMs } from '../../contract';
import { isEndedStatus, ParseApiError } from '../../contract/extend';
import { noStore } from '../store-result';
import { toApplicationFailure } from '../to-application-failure';
import type { FollowGroupInput, GroupActivities, GroupAnswer } from '../types';
import { BULK_VERSION } from './bulk-version';
import type { DeliveryParts } from './deliver-runs';
import { adoptLost, listRuns } from './group-runs';
import { withGroup, type GroupOptions, type OpenGroup } from './open-group';
import { settleDocuments } from './settle-documents';
import { isListDue } from './standings';

/** Statuses of a batch whose runs have all ended. */
const ENDED_BATCH: ReadonlySet<string> = new Set(['PROCESSED', 'FAILED', 'CANCELLED']);
/** Age of a batch, in milliseconds, until which an answer that Extend does not know it proves nothing. */
const YOUNG_BATCH_MS = 300_000;
/** Statuses that are listed before the batches have ended. Each is a list of its own, so that other runs take no page. */
const EARLY_STATUSES = ['PROCESSED', 'FAILED'];

/**
 * Builds the activity that waits for the documents of a group. Each attempt polls the batches of the group, and Temporal's
 * retries follow the schedule. When the batches have ended, and at growing intervals before that, it lists their runs,
 * stores the results of those that have ended and records their outcomes. It returns as soon as it has recorded something,
 * so that the batch shows the progress. An urgent call returns after its first poll.
 *
 * @returns an activity that fails with one of these types:
 *  - `StillProcessing` (BENIGN): no document has ended, or the first poll is not due; retried after the schedule's delay.
 *  - `RateLimited`, `Unavailable`, `Unauthorized`, `EndpointNotFound`: retried.
 *  - `ResultStoreFailed`: final if there is no store or it refuses; else retried.
 */
export function createFollowGroup({ extend, store }: GroupOptions): GroupActivities['followGroup'] {
  return async function followGroup(input) {
    if (store === undefined) throw noStore();
    return withGroup(input, store, async (group) => {
      const { details } = group;
      details.polls = Math.max(details.polls, input.polls);
      const dueInMs = activityInfo().attempt > 1 || input.isUrgent === true ? 0 : delayMs(group);
      if (dueInMs > 0) throw stillProcessing('the next poll of the group is due later', dueInMs);
      details.polls += 1;
      if (input.listedAtMs !== undefined) details.listedAtMs ??= input.listedAtMs;
      return follow(group, input, { extend, store }).catch((error: unknown) => {
        heartbeat(details);
        throw toApplicationFailure(error, { purpose: 'read', retryDelayMs: delayMs(group) });
      });
    });
  };
}

async function follow(group: OpenGroup, input: FollowGroupInput, parts: DeliveryParts): Promise<GroupAnswer> {
  const { details } = group;
  const isLookComplete = await adoptLost(group, parts.extend, group.lost);
  const hasEnded = await pollBatches(group, parts);
  const isLast = hasEnded || group.remainingMs === 0;
  // The outcomes that an earlier attempt has recorded are told at once.
  const isUrgent = input.isUrgent === true || details.parts.length > 0;
  if (!isLast && !isUrgent && !isDue(group)) throw processing(group);
  // A batch that was given up may be listed late. Its runs are named as other runs of its documents.
  if (isLast) await adoptLost(group, parts.extend, group.givenUp);
  const runs = await listRuns(group, parts.extend, isLast ? undefined : EARLY_STATUSES);
  details.listedAtMs = group.nowMs;
  await group.readContents();
  const before = group.log.outcomes.size;
  const goesOn = await settleDocuments(group, { runs, isLookComplete, isLast, hasEnded, parts });
  const isChanged = group.log.outcomes.size > before || details.parts.length > 0;
  const answer = await group.answer({
    polls: details.polls,
    listedAtMs: details.listedAtMs,
    goesOn: goesOn && isChanged,
  });
  if (isChanged || isUrgent || answer.toSubmit > 0 || answer.pending === 0) return answer;
  cancellationSignal().throwIfAborted();
  throw processing(group);
}

/**
 * Polls the batches of the group. A batch that Extend does not know counts as ended, because the list tells about its
 * runs. Only a young batch does not: Extend may not know it yet.
 *
 * @returns `true` if all of them have ended
 */
async function pollBatches(group: OpenGroup, { extend }: DeliveryParts): Promise<boolean> {
  const { readBatch } = extend.version(BULK_VERSION);
  let isEnded = group.accepted.length > 0;
  for (const { batchRunId, atMs } of group.accepted) {
    const signal = cancellationSignal();
    const batch = await readBatch?.(batchRunId, { signal }).catch((error: unknown) => {
      if (error instanceof ParseApiError && error.status === 404) return undefined;
      throw error;
    });
    if (batch === undefined && group.nowMs - atMs < YOUNG_BATCH_MS) isEnded = false;
    if (batch !== undefined && !ENDED_BATCH.has(batch.status) && !isEndedStatus(batch.status)) isEnded = false;
  }
  if (isEnded) group.details.endedAtMs ??= group.nowMs;
  else delete group.details.endedAtMs;
  return isEnded;
}

/** Tells if a list of the runs is due: by its schedule, or because a submit without an answer must be decided now. */
function isDue(group: OpenGroup): boolean {
  if (group.lost.some(({ atMs }) => group.nowMs - atMs >= group.settings.reconcileMs)) return true;
  const { details, accepted, ledger } = group;
  const firstAtMs = Math.min(...accepted.map(({ atMs }) => atMs), group.nowMs);
  const documents = ledger.entries.reduce((sum, entry) => sum + Object.keys(entry.documents).length, 0);
  const { listedAtMs, listRequests } = details;
  return isListDue({
    documents,
    elapsedMs: group.nowMs - firstAtMs,
    listedAfterMs: listedAtMs === undefined ? undefined : listedAtMs - firstAtMs,
    listRequests,
  });
}

function processing(group: OpenGroup): ApplicationFailure {
  heartbeat(group.details);
  const count = group.accepted.length;
  const message = `${count} ${count === 1 ? 'batch is' : 'batches are'} processing after ${group.details.polls} polls`;
  return stillProcessing(message, delayMs(group));
}

/** Time until the next poll by the schedule, in milliseconds, at most until the deadline. */
function delayMs(group: OpenGroup): number {
  const { details, settings, remainingMs } = group;
  const position = { elapsedMs: group.elapsedMs, polls: details.polls, random: Math.random() };
  const delay = nextDelayMs(settings.schedule, position);
  return remainingMs > 0 ? Math.min(delay, remainingMs) : delay;
}

function stillProcessing(message: string, nextRetryDelay: number): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'StillProcessing',
    message,
    nextRetryDelay,
    details: [{ attempts: activityInfo().attempt }],
    category: ApplicationFailureCategory.BENIGN,
  });
}
