import { ApplicationFailure, patched } from '@temporalio/workflow';
import { findInputProblem, type ParseInput, type ParseProgress } from '../api';
import { Job, type JobState, type JobSurroundings } from './job';
import { countDocument } from './metrics';

/** Patch id of the limits that version 0.1.0 did not have. It is asked for only where one of them is exceeded. */
export const INPUT_LIMITS = 'input-limits';

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
  const problem = 'phase' in state ? undefined : findProblem(input);
  if (problem !== undefined) {
    const failure = ApplicationFailure.nonRetryable(messageOf(problem), 'InvalidInput', {});
    countDocument(failure);
    throw failure;
  }
  return new Job(input, state, surroundings);
}

function findProblem(input: ParseInput): string | undefined {
  const problem = findInputProblem(input, { limits: false });
  if (problem !== undefined) return problem;
  const limitProblem = findInputProblem(input);
  return limitProblem !== undefined && patched(INPUT_LIMITS) ? limitProblem : undefined;
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
