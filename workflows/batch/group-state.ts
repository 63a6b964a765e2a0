import type { GroupAnswer } from '../../activities/types';
import { defined } from '../../json';
import type { WakeState } from '../wake';

/**
 * State of a group, as it continues as new. Plain JSON that does not grow with the documents. Workers of two versions
 * exchange it during a rolling deployment, so its member names stay.
 */
export interface GroupState {
  /** Start of the group, epoch milliseconds. The deadline of its documents counts from it. */
  readonly startedAtMs: number;
  readonly documents: number;
  /** Documents without an outcome. */
  readonly pending: number;
  /** Documents among them that have to be submitted. */
  readonly toSubmit: number;
  /** Names of the parts of the log. */
  readonly parts: readonly string[];
  readonly polls: number;
  /** Time of the last list of the runs, epoch milliseconds. */
  readonly listedAtMs?: number;
  /** `true`: results are left to store, so the next poll is due at once. */
  readonly goesOn?: boolean;
  /** Ids of the batches at Extend, the newest last. */
  readonly batchRunIds: readonly string[];
  /** Signals to which no poll has followed. Only in the state that the group carries when it continues as new. */
  readonly wake?: WakeState;
}

/**
 * State of a group that has just started. The first activity finds out which documents an earlier start of the batch has
 * submitted.
 */
export function openingGroup(documents: number, startedAtMs: number): GroupState {
  return { startedAtMs, documents, pending: documents, toSubmit: documents, parts: [], polls: 0, batchRunIds: [] };
}

/** State after an activity. */
export function withAnswer(state: GroupState, answer: GroupAnswer): GroupState {
  const { pending, toSubmit, parts, polls, listedAtMs, goesOn = false, batchRunIds } = answer;
  const known = batchRunIds.length > 0 ? { batchRunIds } : {};
  const facts = { ...known, ...defined({ polls, listedAtMs }) };
  return { ...state, pending, toSubmit, goesOn, parts: [...state.parts, ...parts], ...facts };
}

/** Says in a few lines of markdown how far the group is. Temporal's UI shows them as the workflow's current details. */
export function describeGroup({ documents, pending, toSubmit, polls, batchRunIds }: GroupState): string {
  const doing = pending === 0 ? 'ended' : toSubmit > 0 ? 'submitting' : 'waiting';
  const lines = [
    `**${doing}**, ${documents - pending} of ${documents} done`,
    batchRunIds.length === 0 ? undefined : `batches at Extend: ${batchRunIds.slice(-3).join(', ')}`,
    `polls: ${polls}`,
  ];
  return lines.filter((line) => line !== undefined).join('\n\n');
}
