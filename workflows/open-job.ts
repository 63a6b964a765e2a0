import { ApplicationFailure } from '@temporalio/workflow';
import { findInputProblem, type ParseInput, type ParseProgress } from '../contract';
import { findReplayableProblem } from './find-replayable-problem';
import { Job, type JobState, type JobSurroundings } from './job';
import { countDocument } from './metrics';

/**
 * Checks the input before anything else happens. An input whose state is carried was checked by the first execution.
 *
 * @throws ApplicationFailure of type `InvalidInput`
 */
export function openJob(
  input: ParseInput,
  state: JobState | { readonly startedAtMs: number },
  surroundings: JobSurroundings,
): Job {
  const problem = 'phase' in state ? undefined : findReplayableProblem((options) => findInputProblem(input, options));
  if (problem !== undefined) {
    const failure = ApplicationFailure.nonRetryable(messageOf(problem), 'InvalidInput', {});
    countDocument(failure);
    throw failure;
  }
  return new Job(input, state, surroundings);
}

/** Progress of a workflow whose input was refused: it ended at once. */
export function refusedProgress(input: ParseInput, startedAtMs: number): ParseProgress {
  const problem = findInputProblem(input);
  const lastFailure = problem === undefined ? {} : { lastFailure: messageOf(problem) };
  return { phase: 'ended', submits: 0, startedAtMs, deadlineAtMs: startedAtMs, ...lastFailure };
}

function messageOf(problem: string): string {
  return `invalid input: ${problem}`;
}
