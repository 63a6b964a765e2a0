/** Names by which the outside talks to a running `parseDocument`. They are wire names: changing one breaks running workflows. */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { ParseProgress } from '../api';

/** What the signal `runFinished` may carry. */
export interface RunFinishedNotice {
  /** Extend's run id. Only for people to read: the state is always read from the API. */
  readonly runId?: string;
}

/** Asks a `parseDocument` workflow where it stands. */
export const progressQuery = defineQuery<ParseProgress>('progress');

/** Wakes a `parseDocument` workflow that waits, for instance from a webhook: it reads the run's status at once. */
export const runFinishedSignal = defineSignal<[notice?: RunFinishedNotice]>('runFinished');
