import { redact, type ParseProgress } from '../api';

/** Says in a few lines of markdown where the document is: Temporal's UI shows it as the workflow's current details. */
export function describeProgress(progress: ParseProgress): string {
  const { phase, runId, status, submits, polls, nextPollAtMs, deadlineAtMs, lastFailure } = progress;
  const lines = [
    `**${phase}**${status === undefined ? '' : `, run is ${redact(status)}`}`,
    runId === undefined ? undefined : `run: ${runId}`,
    `submits: ${submits}${polls === undefined ? '' : `, polls: ${polls}`}`,
    nextPollAtMs === undefined ? undefined : `next poll: ${new Date(nextPollAtMs).toISOString()}`,
    `deadline: ${new Date(deadlineAtMs).toISOString()}`,
    lastFailure === undefined ? undefined : `last failure: ${lastFailure}`,
  ];
  return lines.filter((line) => line !== undefined).join('\n\n');
}
