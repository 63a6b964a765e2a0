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

/** Requests to Temporal at a time. */
const AT_ONCE = 10;
/** When documents are asked for. Each costs a request, so the intervals are twice those of a run at Extend. */
const SCHEDULE = resolveSchedule({ scaleMs: 2_000, initialDelayMs: 500 });

/**
 * Builds the activity that asks Temporal how documents of the batch stand: those that this execution of the batch did not
 * start itself, and so is not told of. With `wait`, Temporal's retries are the waiting: no worker is held.
 *
 * @returns An activity that fails with `StillProcessing`, BENIGN and retried, while it waits.
 */
export function createFollowDocuments(): ParseActivities['followDocuments'] {
  return async function followDocuments({ ids, wait = false, followedSinceMs }) {
    const { attempt, scheduledTimestampMs } = activityInfo();
    const sinceMs = followedSinceMs ?? scheduledTimestampMs;
    if (wait && followedSinceMs !== undefined && attempt === 1) throw stillProcessing(ids.length, sinceMs);
    const looked = await withHeartbeat(eachOf(ids, endOf));
    const ended = looked.filter((one) => one !== undefined);
    if (ended.length === 0 && wait) throw stillProcessing(ids.length, sinceMs);
    return ended;
  };
}

/**
 * Builds the activity that cancels documents of the batch. It does not wait for their ends; one that has ended already is
 * left as it is.
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
    // The class is of Temporal's client, which this file does not need otherwise.
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
    message: `${count} documents of the batch are in progress`,
    category: ApplicationFailureCategory.BENIGN,
    nextRetryDelay: nextDelayMs(SCHEDULE, { elapsedMs, polls: attempt, random: Math.random() }),
    details: [{ attempts: attempt }],
  });
}

/** Does something with each, a few at a time, in order. */
async function eachOf<T, R>(values: readonly T[], act: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < values.length; at += AT_ONCE) {
    results.push(...(await Promise.all(values.slice(at, at + AT_ONCE).map(act))));
  }
  return results;
}
