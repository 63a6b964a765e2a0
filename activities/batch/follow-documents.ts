import { activityInfo, getClient } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory, WorkflowNotFoundError } from '@temporalio/common';
import {
  documentWorkflowId,
  nextDelayMs,
  resolveSchedule,
  toDocumentFailure,
  type DocumentEnd,
  type ParseResult,
} from '../../contract';
import { withHeartbeat } from '../heartbeat';
import type { EndedDocument, ParseActivities } from '../types';

/** Limit of requests to Temporal in flight. */
const AT_ONCE = 10;
/** Schedule of the checks. Each document costs a request, so the intervals are twice those of a run at Extend. */
const SCHEDULE = resolveSchedule({ scaleMs: 2_000, initialDelayMs: 500 });

/**
 * Builds the activity that follows documents which another execution of the batch has started: Temporal does not report
 * their ends to this execution. The activity asks Temporal for the state of their workflows. With `wait`, Temporal
 * retries the activity until one has ended, so no worker is held.
 *
 * @returns An activity that fails with `StillProcessing`, BENIGN and retried, while it waits.
 */
export function createFollowDocuments(): ParseActivities['followDocuments'] {
  return async function followDocuments({ ids, wait = false, followedSinceMs }) {
    const { attempt, scheduledTimestampMs } = activityInfo();
    const sinceMs = followedSinceMs ?? scheduledTimestampMs;
    if (wait && followedSinceMs !== undefined && attempt === 1) throw stillProcessing(ids.length, sinceMs);
    const checked = await withHeartbeat(eachOf(ids, endOf));
    const ended = checked.filter((document) => document !== undefined);
    if (ended.length === 0 && wait) throw stillProcessing(ids.length, sinceMs);
    return ended;
  };
}

/**
 * Builds the activity that cancels documents of the batch. It does not wait for their ends. A document that has ended
 * already stays as it is.
 */
export function createCancelDocuments(): ParseActivities['cancelDocuments'] {
  return async function cancelDocuments({ ids }) {
    await withHeartbeat(eachOf(ids, (id) => handleOf(id).cancel().catch(ignoreEnded)));
  };
}

function handleOf(id: string) {
  const { workflowExecution } = activityInfo();
  return getClient().workflow.getHandle(documentWorkflowId(workflowExecution?.workflowId ?? '', id));
}

async function endOf(id: string): Promise<EndedDocument | undefined> {
  const handle = handleOf(id);
  try {
    const { status, runId, startTime, closeTime } = await handle.describe();
    if (closeTime === undefined || status.name === 'CONTINUED_AS_NEW') return undefined;
    const durationMs = closeTime.getTime() - startTime.getTime();
    return {
      id,
      durationMs,
      end: await toEnd(getClient().workflow.getHandle<() => Promise<ParseResult>>(handle.workflowId, runId).result()),
    };
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    const message = "Temporal does not have the document's workflow any more";
    return { id, durationMs: 0, end: { status: 'failed', failure: { type: 'Unexpected', message, details: {} } } };
  }
}

async function toEnd(ending: Promise<ParseResult>): Promise<DocumentEnd> {
  try {
    return { status: 'processed', result: await ending };
  } catch (error) {
    // The class is in Temporal's client, which the activities do not import.
    if (!(error instanceof Error) || error.name !== 'WorkflowFailedError') throw error;
    return { status: 'failed', failure: toDocumentFailure(error.cause) };
  }
}

function ignoreEnded(error: unknown): void {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}

function stillProcessing(count: number, sinceMs: number): ApplicationFailure {
  const { attempt, currentAttemptScheduledTimestampMs } = activityInfo();
  const elapsedMs = currentAttemptScheduledTimestampMs - sinceMs;
  return ApplicationFailure.create({
    type: 'StillProcessing',
    message: `${count} documents of the batch are in flight`,
    category: ApplicationFailureCategory.BENIGN,
    nextRetryDelay: nextDelayMs(SCHEDULE, { elapsedMs, polls: attempt, random: Math.random() }),
    details: [{ attempts: attempt }],
  });
}

/** Calls `act` for each value, a few at a time. @returns the results, in the order of the values */
async function eachOf<T, R>(values: readonly T[], act: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < values.length; start += AT_ONCE) {
    results.push(...(await Promise.all(values.slice(start, start + AT_ONCE).map(act))));
  }
  return results;
}
