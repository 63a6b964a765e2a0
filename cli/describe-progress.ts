import type { ParseProgress } from '../contract';

const PHASES: Readonly<Record<ParseProgress['phase'], string>> = {
  submitting: 'submitting',
  waiting: 'waiting',
  fetching: 'fetching the result',
  cleaning: 'cleaning up',
  ended: 'ended',
};

/** Where a document stands, in a few words. They change only when something happened that a person wants to know. */
export function describePhase(progress: ParseProgress): string {
  const { phase, status, runId, lastFailure } = progress;
  const notes = [
    phase === 'waiting' ? status : undefined,
    phase === 'waiting' ? runId : undefined,
    lastFailure === undefined ? undefined : `last failure: ${lastFailure}`,
  ];
  return [PHASES[phase], ...notes.filter((note) => note !== undefined)].join(', ');
}

/** Where a document stands, with what a live display may count. `nowMs`: epoch milliseconds. */
export function describeLive({ progress, nowMs }: { progress: ParseProgress; nowMs: number }): string {
  const { polls, startedAtMs } = progress;
  const seconds = Math.max(0, Math.round((nowMs - startedAtMs) / 1000));
  const reads = polls === undefined || polls === 0 ? '' : `, ${polls} ${polls === 1 ? 'read' : 'reads'}`;
  return `${describePhase(progress)}${reads}, ${seconds} s`;
}
