import { activityInfo, getClient, log } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory, WorkflowNotFoundError } from '@temporalio/common';
import {
  DOCUMENT_MEMO,
  documentWorkflowId,
  fittingCount,
  nextDelayMs,
  resolveSchedule,
  toDocumentFailure,
  utf8Bytes,
  type DocumentEnd,
  type EarlierParse,
  type FailureDetails,
  type ParseResult,
} from '../../contract';
import { readEarlierParse } from '../../contract/history-events';
import { defined } from '../../json';
import { batchId } from './locations';
import { withHeartbeat } from '../heartbeat';
import type { DocumentsInput, EndedDocument, ParseActivities } from '../types';

/** Limit of requests to Temporal in flight. */
const AT_ONCE = 10;
/** Limit of an answer, in bytes of JSON. Temporal refuses 2 MB. */
const MAX_ANSWER_BYTES = 1_000_000;
/** Schedule of the checks. Each document costs a request, so the intervals are twice those of a run at Extend. */
const SCHEDULE = resolveSchedule({ scaleMs: 2_000, initialDelayMs: 500 });
/** One attempt of so many asks for every document, in case that Temporal's list of workflows lacks an end for long. */
const FULL_CHECK_EVERY = 10;

/**
 * Builds the activity that follows documents which another execution of the batch has started: Temporal does not report
 * their ends to this execution. The activity asks Temporal for the state of their workflows. With `wait`, Temporal
 * retries the activity until one has ended, so no worker is held, and most attempts ask only for the documents that
 * Temporal's list of workflows does not show as running.
 *
 * @returns An activity that fails with `StillProcessing`, BENIGN and retried, while it waits.
 */
export function createFollowDocuments(): ParseActivities['followDocuments'] {
  return async function followDocuments(input) {
    const { ids, wait = false, followedSinceMs } = input;
    const { attempt, scheduledTimestampMs } = activityInfo();
    const sinceMs = followedSinceMs ?? scheduledTimestampMs;
    if (wait && followedSinceMs !== undefined && attempt === 1) throw stillProcessing(ids.length, sinceMs);
    const isFull = !wait || attempt % FULL_CHECK_EVERY === 1;
    const checked = await withHeartbeat(checkEach(input, isFull));
    const all = checked.filter((document) => document !== undefined);
    const ended = wait ? withinBytes(all) : all;
    if (ended.length === 0 && wait) throw stillProcessing(ids.length, sinceMs);
    return ended;
  };
}

/** Gives the ends of the documents. `isFull`: also of those that Temporal's list shows as running. */
async function checkEach(input: DocumentsInput, isFull: boolean): Promise<(EndedDocument | undefined)[]> {
  const running = isFull ? new Set() : await listRunning();
  const ids = input.ids.filter((id) => !running.has(workflowIdOf(id, input)));
  return eachOf(ids, (id) => endOf(id, input));
}

/**
 * Workflow ids of the batch that run, by Temporal's list of workflows, which costs one request. The list may be late:
 * then an end is noticed at the next attempt. Without a list, each document is asked for.
 */
async function listRunning(): Promise<ReadonlySet<string>> {
  const prefix = `${batchId()}/`;
  const ids = new Set<string>();
  // Temporal's query language documents no escape for these.
  if (/["'\\]/.test(prefix)) return ids;
  const query = `WorkflowId STARTS_WITH "${prefix}" AND ExecutionStatus = 'Running'`;
  try {
    for await (const { workflowId } of getClient().workflow.list({ query })) ids.add(workflowId);
  } catch (error) {
    log.debug(`no list of workflows: ${String(error)}`);
    return new Set();
  }
  return ids;
}

/** Cuts the answer to a size that the history takes, but never to nothing. The next call gives the others. */
function withinBytes(documents: readonly EndedDocument[]): EndedDocument[] {
  const sizes = documents.map((document) => utf8Bytes(JSON.stringify(document)));
  return documents.slice(0, fittingCount(sizes, MAX_ANSWER_BYTES));
}

/**
 * Builds the activity that cancels documents of the batch. It does not wait for their ends. A document that has ended
 * already stays as it is.
 */
export function createCancelDocuments(): ParseActivities['cancelDocuments'] {
  return async function cancelDocuments(input) {
    await withHeartbeat(eachOf(input.ids, (id) => handleOf(id, input).cancel().catch(ignoreEnded)));
  };
}

function handleOf(id: string, input: DocumentsInput) {
  return getClient().workflow.getHandle(workflowIdOf(id, input));
}

function workflowIdOf(id: string, { workflowIds }: DocumentsInput): string {
  return memberOf(workflowIds, id) ?? documentWorkflowId(batchId(), id);
}

/** A document's id may be the name of a member that every object has. */
function memberOf(values: Readonly<Record<string, string>> = {}, id: string): string | undefined {
  return Object.hasOwn(values, id) ? values[id] : undefined;
}

async function endOf(id: string, input: DocumentsInput): Promise<EndedDocument | undefined> {
  const { hashes, withEarlier = false } = input;
  const handle = handleOf(id, input);
  try {
    const { status, runId, startTime, closeTime, memo, parentExecution } = await handle.describe();
    if (isOther(memberOf(hashes, id), memo?.[DOCUMENT_MEMO], parentExecution?.workflowId ?? undefined)) {
      return { id, durationMs: 0, isOther: true, end: failedAs('its workflow id belongs to another document') };
    }
    if (closeTime === undefined || status.name === 'CONTINUED_AS_NEW') return undefined;
    const durationMs = closeTime.getTime() - startTime.getTime();
    const closed = getClient().workflow.getHandle<() => Promise<ParseResult>>(handle.workflowId, runId);
    const end = await toEnd(closed.result());
    if (end.status === 'processed' && end.result.output.kind !== 'stored') return inlineEnd(id, durationMs, end.result);
    const earlier = withEarlier && end.status === 'failed' ? await earlierOf(closed) : undefined;
    return { id, durationMs, end, ...defined({ earlier }) };
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    return { id, durationMs: 0, end: failedAs("Temporal does not have the document's workflow any more") };
  }
}

/** A workflow of version 0.1.0 has no hash. Then it must be a child of this batch. */
function isOther(hash: string | undefined, found: unknown, parentId: string | undefined): boolean {
  if (hash === undefined || found === hash) return false;
  return found !== undefined || parentId !== batchId();
}

/**
 * The end of a workflow that was started by itself, with an inline result. A batch hands on stored results only, so its
 * own workflow for the document attaches to the same run.
 */
function inlineEnd(id: string, durationMs: number, { runId, apiVersion, submits }: ParseResult): EndedDocument {
  const earlier = { submits, run: { runId, ...defined({ apiVersion }) }, lastRunId: runId };
  const end = failedAs('its workflow was started by itself, with an inline result', { runId, submits });
  return { id, durationMs, isOther: true, earlier, end };
}

function failedAs(message: string, details: FailureDetails = {}): DocumentEnd {
  return { status: 'failed', failure: { type: 'Unexpected', message, details } };
}

/** Reads what another start of a document must know about this execution. */
export async function earlierOf(execution: Parameters<typeof readEarlierParse>[0]): Promise<EarlierParse> {
  return readEarlierParse(execution, getClient().options.loadedDataConverter);
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
export async function eachOf<T, R>(values: readonly T[], act: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < values.length; start += AT_ONCE) {
    results.push(...(await Promise.all(values.slice(start, start + AT_ONCE).map(act))));
  }
  return results;
}
