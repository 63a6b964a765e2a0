import type { ParseProgress } from '../contract';

const PHASES: Readonly<Record<ParseProgress['phase'], string>> = {
  submitting: 'submitting',
  waiting: 'waiting',
  fetching: 'fetching the result',
  cleaning: 'cleaning up',
  ended: 'ended',
};

/** The state of a document in a few words. They change only with phase, status, run id or last failure. */
export function describePhase(progress: ParseProgress): string {
  const { phase, status, runId, lastFailure } = progress;
  const notes = [
    phase === 'waiting' ? status : undefined,
    phase === 'waiting' ? runId : undefined,
    lastFailure === undefined ? undefined : `last failure: ${lastFailure}`,
  ];
  return [PHASES[phase], ...notes.filter((note) => note !== undefined)].join(', ');
}

/** The state of a document with the counts that a live display shows. `nowMs`: epoch milliseconds. */
export function describeLive({ progress, nowMs }: { progress: ParseProgress; nowMs: number }): string {
  const { polls, startedAtMs } = progress;
  const seconds = Math.max(0, Math.round((nowMs - startedAtMs) / 1000));
  const count = polls === undefined || polls === 0 ? '' : `, ${polls} ${polls === 1 ? 'poll' : 'polls'}`;
  return `${describePhase(progress)}${count}, ${seconds} s`;
}
