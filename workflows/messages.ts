/** Names by which the outside talks to a running `parseDocument` or `parseBatch`. They are wire names: changing one breaks running workflows. */
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BatchOutcomes, BatchProgress, ParseProgress } from '../contract';

/** What the signal `runFinished` may carry. */
export interface RunFinishedNotice {
  /** Extend's run id. Only for people to read: the state is always read from the API. */
  readonly runId?: string;
}

/** Asks a `parseDocument` workflow where it stands. */
export const progressQuery = defineQuery<ParseProgress>('progress');

/** Wakes a `parseDocument` workflow that waits, for instance from a webhook: it reads the run's status at once. */
export const runFinishedSignal = defineSignal<[notice?: RunFinishedNotice]>('runFinished');

/** Asks a `parseBatch` workflow where it stands. */
export const batchProgressQuery = defineQuery<BatchProgress>('progress');

/** Asks a `parseBatch` workflow where its outcomes are, also one that was cancelled; nothing until it has any place for them. */
export const outcomesQuery = defineQuery<BatchOutcomes | undefined>('outcomes');

/** Stops a `parseBatch` workflow from starting documents; those in progress go on. */
export const pauseSignal = defineSignal('pause');

/** Lets a paused `parseBatch` workflow start documents again. */
export const resumeSignal = defineSignal('resume');

/** Documents that a `parseBatch` workflow has in progress at a time: a number from 1 to 500, alone or as `{ width }`. */
export type NewWidth = number | { readonly width: number };

/** Changes the width of a `parseBatch` workflow, and returns it. Fewer: those in progress are not ended for it. */
export const setWidthUpdate = defineUpdate<number, [NewWidth]>('setWidth');
