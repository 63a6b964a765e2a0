import type { ParseProgress } from '../contract';
import { describeFailure, type CurrentFailure } from './current-failure';

const PHASES: Readonly<Record<ParseProgress['phase'], string>> = {
  submitting: 'submitting',
  waiting: 'waiting',
  fetching: 'fetching the result',
  cleaning: 'cleaning up',
  ended: 'ended',
};

/**
 * The state of a document in a few words. They change only with phase, status, run id or failure.
 *
 * @param current is the failure that the document waits after. Without it, the progress may name an earlier one.
 */
export function describePhase(progress: ParseProgress, current?: CurrentFailure): string {
  const { phase, status, runId, lastFailure } = progress;
  const failure = current ?? (lastFailure === undefined ? undefined : { message: lastFailure });
  const notes = [
    phase === 'waiting' ? status : undefined,
    phase === 'waiting' ? runId : undefined,
    failure && describeFailure(failure),
  ];
  return [PHASES[phase], ...notes.filter((note) => note !== undefined)].join(', ');
}

/** The progress of a document, with the failure that it waits after. */
export interface LiveProgress {
  readonly progress: ParseProgress;
  /** Absent if the last attempt did not fail. */
  readonly failure?: CurrentFailure;
}

/** The state of a document with the counts that a live display shows. `nowMs`: epoch milliseconds. */
export function describeLive({ progress, failure, nowMs }: LiveProgress & { readonly nowMs: number }): string {
  const { polls, startedAtMs } = progress;
  const seconds = Math.max(0, Math.round((nowMs - startedAtMs) / 1000));
  const count = polls === undefined || polls === 0 ? '' : `, ${polls} ${polls === 1 ? 'poll' : 'polls'}`;
  return `${describePhase(progress, failure)}${count}, ${seconds} s`;
}
