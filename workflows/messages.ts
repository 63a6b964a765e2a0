/**
 * Queries, signals and updates of the workflows. Their names are wire names: changing one breaks
 * running workflows.
 */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BatchOutcomes, BatchProgress, ParseProgress } from '../contract';

/** The optional payload of the signal `runFinished`. */
export interface RunFinishedNotice {
  /** Extend's run id, as information for people. The workflow always polls Extend for the status. */
  readonly runId?: string;
  /** Id of Extend's event that caused the signal, as information for people. */
  readonly eventId?: string;
}

/** Returns the progress of a `parseDocument` workflow. */
export const progressQuery = defineQuery<ParseProgress>('progress');

/**
 * Wakes a `parseDocument` workflow that waits, for instance from a webhook: the workflow polls the run at once. A
 * `parseGroup` workflow polls its batches and lists their runs.
 */
export const runFinishedSignal = defineSignal<[notice?: RunFinishedNotice]>('runFinished');

/** Returns the progress of a `parseBatch` workflow. */
export const batchProgressQuery = defineQuery<BatchProgress>('progress');

/** Returns the location of the outcomes of a `parseBatch` workflow, also of a cancelled one. Nothing until the location is known. */
export const outcomesQuery = defineQuery<BatchOutcomes | undefined>('outcomes');

/** Stops a `parseBatch` workflow from starting documents; documents in flight go on. */
export const pauseSignal = defineSignal('pause');

/** Lets a paused `parseBatch` workflow start documents again. */
export const resumeSignal = defineSignal('resume');

/** The number of documents that a `parseBatch` workflow has in flight at a time: a number, or `{ width }`. */
export type NewWidth = number | { readonly width: number };

/** Changes the width of a `parseBatch` workflow, and returns it. A smaller width ends no document in flight. */
export const setWidthUpdate = defineUpdate<number, [NewWidth]>('setWidth');

/** The progress of a group of a bulk batch. */
export interface GroupProgress {
  /** Run id of the first execution of the batch. The batch ignores the groups of an earlier start. */
  readonly startId: string;
  /** Number of the group, from 1. */
  readonly group: number;
  /** Names of all parts of the log of the group. */
  readonly parts: readonly string[];
}

/** Tells a `parseBatch` workflow that documents of a group have outcomes. Only `parseGroup` workflows send it. */
export const groupProgressSignal = defineSignal<[GroupProgress]>('groupProgress');
