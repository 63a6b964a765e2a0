import type { BatchLocation, EndedDocument, PreparedBatch, TakenOutcomes } from '../../activities/types';
import {
  widthOf,
  type BatchInput,
  type BatchOutcomes,
  type BatchProgress,
  type BatchResult,
  type DocumentEnd,
  type DocumentFailureType,
  type DocumentOutcome,
  type FailureCounts,
} from '../../contract';
import { defined } from '../../json';
import type { KnownDocument } from './documents-in-flight';

/** The part of a batch that the caller changes at any time, also before the batch is prepared. */
export interface BatchControls {
  /** Limit of documents in flight. */
  width: number;
  /** `true`: no document is started for now. */
  isPaused: boolean;
}

/** The part of a batch that is known once it is prepared: the documents, and how many of them are done. */
export interface BatchWork {
  /** The batch's workflow id. */
  readonly batchId: string;
  /** Location of the pages and outcomes in the result store. */
  readonly place: BatchLocation;
  /** Documents of the batch. */
  readonly total: number;
  readonly pages: number;
  /** The document to start next: its page, counted from 1, and its position in the page, counted from 0. */
  readonly next: { readonly page: number; readonly at: number };
  /** Segments of outcomes that are written. */
  readonly segments: number;
  readonly skippedLines: number;
  readonly processed: number;
  readonly failed: number;
  readonly failures: FailureCounts;
  /** Documents that failed since the batch was last started, also before it continued as new. */
  readonly failedNow: number;
  /** Groups of documents that are submitted together. Only with `submission: 'bulk'`. */
  readonly groups?: GroupsToStart;
}

/** The groups of a bulk batch. */
export interface GroupsToStart {
  /** Numbers of documents of all groups. Groups are numbered from 1. */
  readonly sizes: readonly number[];
  /** Number of groups that were started. */
  readonly started: number;
}

/**
 * State of a batch, as it continues as new. Plain JSON that does not grow with the documents that are done. Workers of
 * two versions exchange it during a rolling deployment, so its member names stay.
 */
export interface BatchState extends BatchWork, Readonly<BatchControls> {
  /** Ids of the documents in flight. */
  readonly running: readonly string[];
  /** Facts about them, by id. Absent in the state of version 0.1.0. */
  readonly known?: Readonly<Record<string, KnownDocument>>;
  /** Documents in flight in groups. Absent if there are none, as it is when the batch continues as new. */
  readonly groupDocuments?: number;
}

/** The controls of a batch as it starts: from the input, or as the execution before left them. */
export function openingControls(input: BatchInput, carried: BatchState | undefined): BatchControls {
  return carried ? { width: carried.width, isPaused: carried.isPaused } : { width: widthOf(input), isPaused: false };
}

/** The work of a batch that was just prepared. */
export function openingWork(prepared: PreparedBatch): BatchWork {
  const { batchId, place, total, pages, segments, skippedLines, processed, failed, failures } = prepared;
  const done = { segments, skippedLines, processed, failed, failures };
  const groups = prepared.groups && { sizes: prepared.groups, started: 0 };
  return { batchId, place, total, pages, next: { page: 1, at: 0 }, ...done, failedNow: 0, ...defined({ groups }) };
}

/** The work that the execution before left, without the other members of its state. */
export function carriedWork({
  width: _width,
  isPaused: _isPaused,
  running: _running,
  known: _known,
  groupDocuments: _groupDocuments,
  ...work
}: BatchState): BatchWork {
  return work;
}

/** Counts a document that has ended. */
export function countEnd(work: BatchWork, end: DocumentEnd): BatchWork {
  if (end.status === 'processed') return { ...work, processed: work.processed + 1 };
  const { type } = end.failure;
  return {
    ...work,
    failed: work.failed + 1,
    failedNow: work.failedNow + 1,
    failures: { ...work.failures, [type]: (work.failures[type] ?? 0) + 1 },
  };
}

/** Counts outcomes of a group that were taken. They are a segment of their own, unless there are none. */
export function countTaken(work: BatchWork, { processed, failed, others, failures }: TakenOutcomes): BatchWork {
  const counts = { ...work.failures };
  for (const [type, count] of Object.entries(failures) as [DocumentFailureType, number][]) {
    counts[type] = (counts[type] ?? 0) + count;
  }
  return {
    ...work,
    segments: work.segments + (processed + failed + others > 0 ? 1 : 0),
    processed: work.processed + processed,
    failed: work.failed + failed,
    failedNow: work.failedNow + failed,
    failures: counts,
  };
}

/** Advances by `count` documents, in a page of `inPage` documents. */
export function advance(work: BatchWork, count: number, inPage: number): BatchWork {
  const { page, at } = work.next;
  return { ...work, next: at + count < inPage ? { page, at: at + count } : { page: page + 1, at: 0 } };
}

/** The outcome of a document that has ended. `isEnding`: the batch was cancelled, and has cancelled the document. */
export function toOutcome(
  { id, durationMs, end }: EndedDocument,
  { workflowId, hash, isEnding }: { readonly workflowId: string; readonly hash?: string; readonly isEnding: boolean },
): DocumentOutcome {
  if (isEnding && end.status === 'failed' && end.failure.type === 'Cancelled') {
    return { status: 'cancelled', id, workflowId, ...defined({ hash }) };
  }
  const polls = end.status === 'processed' ? end.result.polls : (end.failure.details.polls ?? 0);
  return { id, workflowId, ...defined({ hash }), ...end, polls, durationMs };
}

/** The answer of the query `progress`. */
export function toProgress(state: BatchState | undefined): BatchProgress {
  if (state === undefined) return { done: 0, failed: 0, inFlight: 0, failures: {} };
  const { total, processed, failed, failures } = state;
  return { total, done: processed + failed, failed, inFlight: inFlightOf(state), failures };
}

/** Number of the documents in flight, alone and in groups. */
function inFlightOf({ running, groupDocuments = 0 }: BatchState): number {
  return running.length + groupDocuments;
}

/** The location of the outcomes. */
export function toOutcomes({ place: location, segments }: BatchWork): BatchOutcomes {
  return { uri: `${location.uri}/outcomes`, segments };
}

/** The workflow's result. */
export function toResult(work: BatchWork): BatchResult {
  const { total, processed, failed, skippedLines, failures } = work;
  return { total, processed, failed, skippedLines, failures, outcomes: toOutcomes(work) };
}

/** Says in a few lines of markdown how far the batch is. Temporal's UI shows them as the workflow's current details. */
export function toDetails(state: BatchState, isEnding: boolean): string {
  const { total, processed, failed, failures, width, isPaused, skippedLines } = state;
  const doing = isEnding ? 'ending' : isPaused ? 'paused' : 'parsing';
  const types = Object.entries(failures).map(([type, count]) => `${type}: ${count}`);
  const lines = [
    `**${doing}**, ${processed + failed} of ${total} done`,
    `in flight: ${inFlightOf(state)} of at most ${width}`,
    `failed: ${failed}${types.length === 0 ? '' : ` (${types.join(', ')})`}`,
    skippedLines === 0 ? undefined : `lines that are not documents: ${skippedLines}`,
    `outcomes: ${state.segments} segments at ${toOutcomes(state).uri}`,
  ];
  return lines.filter((line) => line !== undefined).join('\n\n');
}
