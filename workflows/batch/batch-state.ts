import type { BatchPlace, PreparedBatch } from '../../activities/types';
import type { BatchInput, BatchOutcomes, BatchProgress, BatchResult, DocumentEnd, FailureCounts } from '../../contract';

/** What can be changed while a batch runs. */
export interface BatchSettings {
  /** Documents in progress at a time. */
  readonly width: number;
  /** Whether no document is started for now. */
  readonly isPaused: boolean;
}

/** What a batch knows, and what it carries when it continues as new. Plain JSON; it does not grow with what is done. */
export interface BatchState extends BatchSettings {
  /** The batch's workflow id. */
  readonly batchId: string;
  readonly place: BatchPlace;
  /** Documents of the batch. */
  readonly total: number;
  readonly pages: number;
  /** The document to start next: its page, counted from 1, and its place in it, from 0. */
  readonly next: { readonly page: number; readonly at: number };
  /** Segments of outcomes that are written. */
  readonly segments: number;
  readonly skippedLines: number;
  readonly processed: number;
  readonly failed: number;
  readonly failures: FailureCounts;
  /** Documents that failed since the batch was started. */
  readonly failedNow: number;
  /** Ids of the documents in progress. */
  readonly running: readonly string[];
}

const DEFAULT_WIDTH = 50;

/** What is set: by the input at first, from then on it is carried. */
export function settingsOf({ width = DEFAULT_WIDTH }: BatchInput, carried: BatchState | undefined): BatchSettings {
  return carried ? { width: carried.width, isPaused: carried.isPaused } : { width, isPaused: false };
}

/** The state of a batch that is ready to begin. */
export function openingState(
  { batchId, place, total, pages, segments, skippedLines, processed, failed, failures }: PreparedBatch,
  settings: BatchSettings,
): BatchState {
  const done = { segments, skippedLines, processed, failed, failures };
  return { batchId, place, total, pages, next: { page: 1, at: 0 }, ...done, failedNow: 0, ...settings, running: [] };
}

/** Counts a document that has ended. */
export function countEnd(state: BatchState, end: DocumentEnd): BatchState {
  if (end.status === 'processed') return { ...state, processed: state.processed + 1 };
  const { type } = end.failure;
  return {
    ...state,
    failed: state.failed + 1,
    failedNow: state.failedNow + 1,
    failures: { ...state.failures, [type]: (state.failures[type] ?? 0) + 1 },
  };
}

/** Moves on by so many documents of a page that has `inPage`. */
export function moveOn(state: BatchState, count: number, inPage: number): BatchState {
  const { page, at } = state.next;
  return { ...state, next: at + count < inPage ? { page, at: at + count } : { page: page + 1, at: 0 } };
}

/** What the query `progress` answers. */
export function toProgress(state: BatchState | undefined): BatchProgress {
  if (state === undefined) return { done: 0, failed: 0, inFlight: 0, failures: {} };
  const { total, processed, failed, running, failures } = state;
  return { total, done: processed + failed, failed, inFlight: running.length, failures };
}

/** Where the outcomes are. */
export function toOutcomes({ place, segments }: BatchState): BatchOutcomes {
  return { uri: `${place.uri}/outcomes`, segments };
}

/** The workflow's result. */
export function toResult(state: BatchState): BatchResult {
  const { total, processed, failed, skippedLines, failures } = state;
  return { total, processed, failed, skippedLines, failures, outcomes: toOutcomes(state) };
}

/** Says in a few lines of markdown where the batch is: Temporal's UI shows it as the workflow's current details. */
export function describeBatch(state: BatchState, isEnding: boolean): string {
  const { total, processed, failed, failures, running, width, isPaused, skippedLines } = state;
  const doing = isEnding ? 'ending' : isPaused ? 'paused' : 'parsing';
  const types = Object.entries(failures).map(([type, count]) => `${type}: ${count}`);
  const lines = [
    `**${doing}**, ${processed + failed} of ${total} done`,
    `in progress: ${running.length} of at most ${width}`,
    `failed: ${failed}${types.length === 0 ? '' : ` (${types.join(', ')})`}`,
    skippedLines === 0 ? undefined : `lines that are no documents: ${skippedLines}`,
    `outcomes: ${state.segments} segments at ${toOutcomes(state).uri}`,
  ];
  return lines.filter((line) => line !== undefined).join('\n\n');
}
